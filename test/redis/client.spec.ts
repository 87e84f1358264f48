import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { type RedisClient, type RedisCluster, RedisSessionStore } from '@nest-jwt-auth/redis'
import { Redis } from 'ioredis'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { describeWith } from '../support/services.js'
import { closeAtEnd, connect, connectCluster, ownPrefix } from './support/clients.js'
import { startCluster } from './support/redis-cluster.js'

/** An app on this client, which hears of changes where the client can tell; used and closed. */
async function comeAndGo(client: RedisClient | RedisCluster, prefix?: string): Promise<void> {
  const sessionStore = { useFactory: () => new RedisSessionStore({ client, prefix }) }
  const sessions = { check: { maxStaleness: '1m' } }
  const module = await startModule({
    imports: [JwtAuthModule.forRoot({ secret: SECRET, sessions, sessionStore })],
  })
  const tokens = module.get(TokenService)
  await tokens.verify((await tokens.issue('ada')).accessToken)
  await module.close()
}

describe("a store leaves the client's own timer out while all is well", () => {
  const noTimer = { timeout: undefined }

  /** A client whose commands end as the test says; `sent` are the options that each was sent with. */
  function startClient({ answer, isReady = true }: { answer: () => Promise<unknown>; isReady?: boolean }) {
    const sent: unknown[] = []
    const client = {
      isReady,
      sendCommand: ([name]: string[], options?: object) => {
        if (name === 'CONFIG') return Promise.resolve(['maxmemory-policy', 'noeviction'])
        sent.push(options)
        return answer()
      },
    }
    const store = new RedisSessionStore({ client })
    return { client, sent, end: () => store.end({ sessionId: 'session', subject: 'ada', now: 1 }) }
  }

  it('and goes on to, however many commands have failed', async () => {
    const { sent, end } = startClient({ answer: () => Promise.reject(new Error('away')) })
    for (let round = 0; round < 11; round++) {
      const outcomes = await Promise.allSettled(Array.from({ length: 100 }, end))
      expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(100)
    }
    expect(sent).toEqual(sent.map(() => noTimer))
  })

  it('but not where more than a thousand wait, until those are answered', async () => {
    const waiting: (() => void)[] = []
    const { sent, end } = startClient({
      answer: () => new Promise((resolve) => waiting.push(() => resolve(1))),
    })
    const ends = Array.from({ length: 1100 }, end)
    while (waiting.length < 1100) await new Promise(setImmediate)
    expect(sent[0]).toEqual(noTimer)
    expect(sent.at(-1)).toBeUndefined()
    while (waiting.length > 0) {
      for (const answer of waiting.splice(0)) answer()
      await new Promise(setImmediate)
    }
    await Promise.all(ends)
    const last = end()
    while (waiting.length === 0) await new Promise(setImmediate)
    expect(sent.at(-1)).toEqual(noTimer)
    for (const answer of waiting) answer()
    await last
  })

  it('and sends nothing while there is no connection', async () => {
    const { client, sent, end } = startClient({ answer: () => Promise.resolve(1), isReady: false })
    await expect(end()).rejects.toThrow('no connection')
    expect(sent).toEqual([])
    client.isReady = true
    await end()
    expect(sent.at(-1)).toEqual(noTimer)
  })
})

describeWith('redis', 'an app that is closed leaves its client to whoever connected it', (url) => {
  const prefix = ownPrefix(url)

  it.each([
    { name: 'a client', options: {} },
    { name: 'a client with a cache', options: { RESP: 3, clientSideCache: {} } as const },
  ])('$name', async ({ options }) => {
    const client = await connect(url, options)
    await comeAndGo(client, prefix)

    expect(client.isReady).toBe(true)
    expect(await client.ping()).toBe('PONG')
  })

  it('ioredis', async () => {
    const redis = new Redis(url)
    closeAtEnd(() => redis.disconnect())
    const sendCommand = ([name = '', ...args]: string[]) => redis.call(name, args)
    await comeAndGo({ sendCommand }, prefix)

    expect(redis.status).toBe('ready')
    expect(await redis.ping()).toBe('PONG')
  })
})

describeWith('redis-server', 'an app that is closed leaves its cluster to whoever connected it', () => {
  it('a cluster', async () => {
    const servers = await startCluster()
    const cluster = await connectCluster(servers.map(({ url }) => url))
    await comeAndGo(cluster)

    expect(cluster.isOpen).toBe(true)
    const pings = cluster.masters.map(async (node) => (await cluster.nodeClient(node)).ping())
    expect(await Promise.all(pings)).toEqual(['PONG', 'PONG', 'PONG'])
  })
})
