import { randomUUID } from 'node:crypto'
import { RedisSessionStore } from '@nest-jwt-auth/redis'
import { createClient } from 'redis'
import { startRedis } from '../services/start-redis.mjs'
import { checks } from './redis-sessions/checks.mjs'
import { bareRotation, bareScript } from './redis-sessions/bare.mjs'
import { checkThrough, next, openAll, openOne, rotateThrough } from './sessions/calls.mjs'
import { besideTheLast } from './sessions/turns.mjs'

const SIZES = (process.env.SESSIONS ?? '10000').split(',').map(Number)

/**
 * Rotations and checks per second through RedisSessionStore, beside the shortest script and a GET by the same client in
 * the same run; what each way to check adds to a request; and the memory of SESSIONS sessions. On a Redis of its own.
 */
export async function redisSessions({ rounds, print }) {
  const url = await startRedis('redis-server')
  const client = await createClient({ url }).connect()
  for (const parallel of [1, 50]) await besideBare(client, parallel, { rounds, print })
  await checks(url, { rounds, print })
  await sizes(client)
  client.destroy()
}

async function besideBare(client, parallel, { rounds, print }) {
  const store = new RedisSessionStore({ client })
  const all = await openAll(store, 2000)
  const bare = Object.assign(await bareRotation(client, 2000), { at: 0 })
  const title = `Redis, ${parallel} at a time`
  const check = [
    { name: 'check', work: () => checkThrough(store, next(all)) },
    { name: 'GET', work: () => client.sendCommand(['GET', next(bare).key]) },
  ]
  const rotation = [
    { name: 'rotation', work: () => rotateThrough(store, next(all)) },
    { name: 'compare and swap', work: () => bareScript(client, next(bare)) },
  ]
  print(`${title}: check`, await besideTheLast(check, { parallel, rounds }))
  print(`${title}: rotation`, await besideTheLast(rotation, { parallel, rounds }))
}

async function sizes(client) {
  const store = new RedisSessionStore({ client })
  for (const perUser of [1, 3]) {
    await client.flushAll()
    const empty = await memoryOf(client)
    let filled = 0
    for (const size of SIZES) {
      const began = performance.now()
      while (filled < size) {
        const users = Array.from({ length: 500 }, () => randomUUID())
        await Promise.all(users.map((user) => times(perUser, () => openOne(store, user))))
        filled += users.length * perUser
      }
      const [bytes, seconds] = [(await memoryOf(client)) - empty, (performance.now() - began) / 1000]
      const which = `${size.toLocaleString('en')} sessions, ${perUser} per user`
      console.log(
        `${which}: ${(bytes / 2 ** 20).toFixed(0)} MiB, ${Math.round(bytes / filled)} bytes each, in ${seconds.toFixed(0)} s`,
      )
    }
  }
}

async function memoryOf(client) {
  return Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))[1])
}

const times = (count, work) => Promise.all(Array.from({ length: count }, work))
