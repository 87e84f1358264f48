import { randomUUID } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import type { SessionStore } from '@nest-jwt-auth/core'
import { describeSessionStore, sessionStoreCases } from '@nest-jwt-auth/core/testing'
import { RedisSessionStore } from '@nest-jwt-auth/redis'
import { Cluster, Redis } from 'ioredis'
import { describeWith } from '../support/services.js'
import { refusalOf, startInstance } from './support/app.js'
import { closeAtEnd, connect, connectCluster, ownPrefix } from './support/clients.js'
import { command, startClusterWithReplicas } from './support/redis-cluster.js'
import type { RedisServer } from './support/redis-server.js'

function describeStore(name: string, create: () => Promise<SessionStore>): void {
  let store: Promise<SessionStore> | undefined
  describeSessionStore(name, () => (store ??= create()), { describe, it })
}

describeWith('redis', 'RedisSessionStore keeps what every store promises', (url) => {
  const prefix = ownPrefix(url)

  describeStore('on a client', async () => new RedisSessionStore({ client: await connect(url), prefix }))

  describe("on a client, with clock: 'given'", () => {
    const create = async () => new RedisSessionStore({ client: await connect(url), prefix, clock: 'given' })
    let store: Promise<SessionStore> | undefined
    for (const { name, run } of sessionStoreCases(() => (store ??= create()))) {
      if (/^(grace|rotate)/.test(name)) it(name, run)
    }
  })

  describeStore('on a client with RESP2', async () => {
    return new RedisSessionStore({ client: await connect(url, { RESP: 2 }), prefix })
  })

  describeStore('on ioredis', async () => {
    const redis = new Redis(url)
    closeAtEnd(() => redis.disconnect())
    const client = { sendCommand: ([name = '', ...args]: string[]) => redis.call(name, args) }
    return new RedisSessionStore({ client, prefix })
  })
})

describeWith('redis-server', 'RedisSessionStore keeps what every store promises, on three primaries', () => {
  let started: ReturnType<typeof startClusterWithReplicas> | undefined
  const start = () => (started ??= startClusterWithReplicas())
  const urls = async () => (await start()).primaries.map(({ url }) => url)

  describeStore('on a cluster', async () => {
    return new RedisSessionStore({ client: await connectCluster(await urls()) })
  })

  describe('where reads are for replicas', () => {
    const connectReading = async () => connectCluster(await urls(), { useReplicas: true })

    describeStore('on a cluster that reads from replicas', async () => {
      return new RedisSessionStore({ client: await connectReading() })
    })

    it('the store sends them nothing, so a revocation that they have not heard of is seen', async () => {
      const { replicas } = await start()
      const { tokens } = await startInstance(new RedisSessionStore({ client: await connectReading() }))
      for (const replica of replicas) {
        closeAtEnd(() => replica.resume())
        replica.pause()
      }
      const refusals = await Promise.all(
        Array.from({ length: 50 }, async () => {
          const { accessToken, sessionId = '' } = await tokens.issue(randomUUID())
          const before = await refusalOf(tokens.verify(accessToken))
          await tokens.revokeSession(sessionId)
          return [before, await refusalOf(tokens.verify(accessToken))]
        }),
      )
      for (const replica of replicas) replica.resume()
      for (const pair of refusals) expect(pair).toEqual([undefined, 'token_revoked'])
      expect(await readsOf(replicas)).toBe(0)
    })

    it('nor through ioredis, whatever its scaleReads says', async () => {
      const { replicas } = await start()
      const redis = new Cluster(await urls(), { scaleReads: 'slave' })
      closeAtEnd(() => redis.disconnect())
      const client = { sendCommand: ([name = '', ...args]: string[]) => redis.call(name, args) }
      const { tokens } = await startInstance(new RedisSessionStore({ client }))
      const before = await readsOf(replicas)
      for (let round = 0; round < 20; round++) {
        const { accessToken, sessionId = '' } = await tokens.issue(randomUUID())
        await tokens.verify(accessToken)
        await tokens.revokeSession(sessionId)
        expect(await refusalOf(tokens.verify(accessToken))).toBe('token_revoked')
      }
      expect(await readsOf(replicas)).toBe(before)
    })

    it('and this would have told: what the client itself reads does reach them', async () => {
      const cluster = await connectReading()
      for (let read = 0; read < 50; read++) await cluster.hmGet(`nest-jwt:{${randomUUID()}}`, 'g')
      expect(await readsOf((await start()).replicas)).toBeGreaterThan(0)
    })
  })

  describeStore('on a cluster of ioredis', async () => {
    const redis = new Cluster(await urls())
    closeAtEnd(() => redis.disconnect())
    const client = { sendCommand: ([name = '', ...args]: string[]) => redis.call(name, args) }
    return new RedisSessionStore({ client })
  })
})

/** How often a client has asked these servers for what the store reads, or for a script. */
async function readsOf(servers: readonly RedisServer[]): Promise<number> {
  const stats = await Promise.all(servers.map((server) => command(server, 'INFO', 'commandstats')))
  const calls = stats.join('\n').matchAll(/^cmdstat_(?:hmget|get|eval|evalsha):calls=(\d+)/gm)
  return [...calls].reduce((sum, [, count]) => sum + Number(count), 0)
}
