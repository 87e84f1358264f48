import { fork } from 'node:child_process'
import { once } from 'node:events'

/** A contender in a process of its own. `used`: CPU time in microseconds and memory in bytes, since it began. */
export async function start({ name, file, refusal }, { adapter, setting }, execArgv = []) {
  const child = fork(new URL('requests/server.mjs', import.meta.url), { execArgv })
  child.once('exit', (code) => code && console.error(`${name} ended with ${code}`))
  const ask = async (message) => {
    const answer = once(child, 'message')
    child.send(message)
    return (await answer)[0]
  }
  const { port } = await ask({ file, adapter, setting })
  return { name, refusal, port, used: () => ask('used'), stop: () => child.disconnect() }
}
