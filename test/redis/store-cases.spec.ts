import { describe, it } from '@jest/globals'
import type { SessionStore } from '@nest-jwt-auth/core'
import { describeSessionStore } from '@nest-jwt-auth/core/testing'
import { RedisSessionStore } from '@nest-jwt-auth/redis'
import { Cluster, Redis } from 'ioredis'
import { describeWith } from '../support/services.js'
import { closeAtEnd, connect, connectCluster, ownPrefix } from './support/clients.js'
import { startCluster } from './support/redis-cluster.js'

function describeStore(name: string, create: () => Promise<SessionStore>): void {
  let store: Promise<SessionStore> | undefined
  describeSessionStore(name, () => (store ??= create()), { describe, it })
}

describeWith('redis', 'RedisSessionStore keeps what every store promises', (url) => {
  const prefix = ownPrefix(url)

  describeStore('on a client', async () => new RedisSessionStore({ client: await connect(url), prefix }))

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
  let cluster: ReturnType<typeof startCluster> | undefined
  const urls = async () => (await (cluster ??= startCluster())).map(({ url }) => url)

  describeStore('on a cluster', async () => {
    return new RedisSessionStore({ client: await connectCluster(await urls()) })
  })

  describeStore('on a cluster that reads from replicas', async () => {
    return new RedisSessionStore({ client: await connectCluster(await urls(), { useReplicas: true }) })
  })

  describeStore('on a cluster of ioredis', async () => {
    const redis = new Cluster(await urls())
    closeAtEnd(() => redis.disconnect())
    const client = { sendCommand: ([name = '', ...args]: string[]) => redis.call(name, args) }
    return new RedisSessionStore({ client })
  })
})
