import { expect, it } from '@jest/globals'
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
