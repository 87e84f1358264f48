import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'

const CONNECTIONS = Number(process.env.CONNECTIONS ?? 10_000)
/** Sessions are looked at every 30 seconds. */
const INTERVAL = 30_000
const WARM_UP = 100

/**
 * Idle connections of `ws`, each of another user, to a gateway that is protected and to one that is not: memory of a
 * connection, timers of the process, and look-ups of the session store in one interval.
 */
export async function sockets({ print }) {
  const rows = []
  for (const kind of ['unprotected', 'protected']) rows.push({ name: kind, ...(await soak(kind)) })
  print(`${CONNECTIONS.toLocaleString('en')} idle connections of ws`, rows)
}

async function soak(kind) {
  const secret = randomBytes(32).toString('base64url')
  const server = fork(new URL('sockets/server.mjs', import.meta.url), [kind, secret], {
    execArgv: ['--expose-gc'],
  })
  await once(server, 'message')
  const ask = async (...message) => {
    const answer = once(server, 'message')
    server.send(message)
    return (await answer)[0]
  }
  const port = await ask('port')
  const open = []
  const connect = async (number) => {
    const token = await ask('token', `user-${number}`)
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { headers: { authorization: `Bearer ${token}` } })
    open.push(socket)
    await once(socket, 'open')
  }
  // The first ones load and compile what the others use.
  for (let number = 0; number < WARM_UP; number++) await connect(number)
  const before = await ask('used')
  for (let number = WARM_UP; number < CONNECTIONS + WARM_UP; number++) await connect(number)
  const after = await ask('used')
  await wait(INTERVAL)
  const later = await ask('used')
  for (const socket of open) socket.terminate()
  server.disconnect()
  return {
    heapEach: (after.heap - before.heap) / CONNECTIONS / 1024,
    residentEach: (after.rss - before.rss) / CONNECTIONS / 1024,
    timers: after.timers - before.timers,
    lookUps: later.lookUps - after.lookUps,
  }
}
