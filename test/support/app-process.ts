import { fork } from 'node:child_process'
import { childEnvironment } from './run.js'

const onFreePort = new URL('listen-on-free-port.mjs', import.meta.url).href

export interface AppProcess {
  port: number
  pid: number
  stop: () => Promise<void>
  /** Ends it immediately, as a crash does. */
  kill: () => Promise<void>
  /** What it has written so far. */
  output: () => string
}

/** Starts a compiled app in a process of its own, on a free port of the loopback interface whatever it asks for. */
export async function startProcess(
  entry: string,
  env: Record<string, string>,
  cwd = process.cwd(),
): Promise<AppProcess> {
  const app = fork(entry, {
    cwd,
    env: { ...childEnvironment, ...env },
    execArgv: ['--import', onFreePort],
    silent: true,
  })
  let output = ''
  for (const stream of [app.stdout, app.stderr]) stream?.on('data', (text) => (output += String(text)))
  const ended = new Promise<void>((resolve) => app.once('close', () => resolve()))
  const port = await new Promise<number>((resolve, reject) => {
    app.once('message', (message) => resolve(Number(message)))
    app.once('close', (code) => reject(new Error(`${entry} ended (${code}) and never listened\n${output}`)))
  })
  return {
    port,
    pid: app.pid ?? 0,
    stop: () => {
      app.kill()
      return ended
    },
    kill: () => {
      app.kill('SIGKILL')
      return ended
    },
    output: () => output,
  }
}
