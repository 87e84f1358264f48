import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { median } from './measure.mjs'

const GOOD = 200
const HOSTILE = 2000
const TICK = 5
const SECONDS = 3

/** What may come beside the good requests: 14 KB of separators, as many bytes without any, or nothing. */
const besides = {
  alone: undefined,
  'beside 2,000 harmless headers a second': `X-Filler: ${'a'.repeat(14_000)}`,
  'beside 2,000 hostile cookies a second': `Cookie: ${';'.repeat(14_000)}`,
}

/**
 * 200 good requests a second, beside 2,000 with a `Cookie` header of 14 KB that holds nothing but separators: how long
 * the event loop of the app is busy, and how long the good requests take (milliseconds, 99th percentile).
 */
export async function hostile({ rounds, print }) {
  const secret = randomBytes(32).toString('base64url')
  const server = fork(new URL('hostile/server.mjs', import.meta.url), [secret])
  const [{ port, token }] = await once(server, 'message')
  const good = request(`Cookie: __Host-access_token=${token}`)
  const measured = new Map(Object.keys(besides).map((name) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const [name, header] of Object.entries(besides)) {
      const result = await measure(server, port, good, header && request(header))
      // The first round warms up.
      if (round > 0) measured.get(name).push(result)
    }
  }
  print(
    'fastify, cookie mode: 200 good requests a second',
    [...measured].map(([name, results]) => ({
      name,
      loopDelay: median(results.map(({ delay }) => delay.p99)),
      latency: median(results.map(({ latency }) => latency)),
    })),
  )
  server.disconnect()
}

async function measure(server, port, good, other) {
  const goodClient = await client(port, 200)
  const others =
    other === undefined ? [] : await Promise.all(Array.from({ length: 20 }, () => client(port, 401)))
  server.send('measure')
  await once(server, 'message')
  const started = performance.now()
  let sent = 0
  let sentOthers = 0
  while (performance.now() - started < SECONDS * 1000) {
    const elapsed = (performance.now() - started) / 1000
    for (; sent < elapsed * GOOD; sent++) goodClient.send(good)
    for (; others.length > 0 && sentOthers < elapsed * HOSTILE; sentOthers++) {
      others[sentOthers % others.length].send(other)
    }
    await wait(TICK)
  }
  const latencies = await goodClient.end()
  for (const one of others) await one.end()
  server.send('stop')
  const [delay] = await once(server, 'message')
  latencies.sort((a, b) => a - b)
  return { delay, latency: latencies[Math.floor(latencies.length * 0.99)] }
}

/** One connection; answers come in the order of the requests. `end` waits for all and returns how long each took. */
async function client(port, status) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const start = Buffer.from(`HTTP/1.1 ${status}`)
  const pending = []
  const latencies = []
  socket.on('data', (chunk) => {
    for (let at = chunk.indexOf(start); at !== -1; at = chunk.indexOf(start, at + 1)) {
      latencies.push(performance.now() - pending.shift())
    }
  })
  return {
    send(bytes) {
      pending.push(performance.now())
      socket.write(bytes)
    },
    async end() {
      while (pending.length > 0) await wait(TICK)
      socket.destroy()
      return latencies
    },
  }
}

function request(header) {
  return Buffer.from(`GET /items/mine HTTP/1.1\r\nHost: 127.0.0.1\r\n${header}\r\n\r\n`)
}
