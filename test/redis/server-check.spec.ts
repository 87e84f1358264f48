import { afterEach, expect, it } from '@jest/globals'
import { JwtAuthConfigError } from '@nest-jwt-auth/core'
import { RedisKeyStore, RedisSessionStore } from '@nest-jwt-auth/redis'
import { logs } from '../support/logs.js'
import { describeWith } from '../support/services.js'
import { refusalOf, startInstance } from './support/app.js'
import { connect, connectCluster, unconnectedCluster } from './support/clients.js'
import { command, startCluster } from './support/redis-cluster.js'
import { RedisServer } from './support/redis-server.js'

const EVICTING = ['--maxmemory-policy', 'volatile-ttl']
const usual = process.env['NODE_ENV']

afterEach(() => {
  process.env['NODE_ENV'] = usual
  logs.clear()
})

async function storeOn(settings: readonly string[], options: object = {}) {
  const server = await RedisServer.start(...settings)
  const client = await connect(server.url, options)
  return { server, store: new RedisSessionStore({ client }) }
}

describeWith('redis-server', "RedisSessionStore looks at the server's maxmemory-policy", () => {
  it.each([
    { where: 'CONFIG GET, RESP3', settings: EVICTING, options: {} },
    { where: 'CONFIG GET, RESP2', settings: EVICTING, options: { RESP: 2 } },
    { where: 'INFO, where there is no CONFIG', settings: [...EVICTING, '--rename-command', 'CONFIG', ''] },
  ])(
    'in production another than noeviction is an error at boot: by $where',
    async ({ settings, options }) => {
      const { store } = await storeOn(settings, options)
      process.env['NODE_ENV'] = 'production'
      const boot = startInstance(store)
      await expect(boot).rejects.toThrow(JwtAuthConfigError)
      await expect(boot).rejects.toThrow(/sessionStore.*volatile-ttl.*noeviction/s)
    },
  )

  it('elsewhere it is a warning, once', async () => {
    const { store } = await storeOn(EVICTING)
    const { tokens } = await startInstance(store)
    await tokens.refresh((await tokens.issue('ada')).refreshToken ?? '')
    expect(logs.text('warn').match(/volatile-ttl/g)).toHaveLength(1)
  })

  it('noeviction says nothing, in production neither', async () => {
    const { store } = await storeOn([])
    process.env['NODE_ENV'] = 'production'
    await startInstance(store)
    expect(logs.text('warn') + logs.text('error')).toBe('')
  })

  it('where the server tells nobody it is a warning; the commands that a user needs are few', async () => {
    const { server } = await storeOn([])
    const needed =
      '+eval +evalsha +hmget +hget +hset +hdel +hgetall +hlen +pttl +pexpire +time +get +set +del'.split(' ')
    await command(server, 'ACL', 'SETUSER', 'app', 'on', '>secret', '~nest-jwt:*', ...needed)
    const client = await connect(server.url, { username: 'app', password: 'secret' })
    process.env['NODE_ENV'] = 'production'
    const { tokens } = await startInstance(new RedisSessionStore({ client }))
    expect(logs.text('warn')).toContain('maxmemory-policy')
    const { refreshToken = '', sessionId = '' } = await tokens.issue('ada')
    await tokens.verify((await tokens.refresh(refreshToken)).accessToken)
    expect(await tokens.sessions('ada')).toHaveLength(1)
    expect(await tokens.revokeSession(sessionId)).toBe(true)
    await tokens.revoke(await tokens.issueAccessToken('ada'))
    await tokens.consumeOneTimeToken(
      'reset',
      await tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' }),
    )
    await tokens.revokeAll('ada')
  })

  it('a Redis that is away at boot is looked at when it is there', async () => {
    const { server, store } = await storeOn(EVICTING)
    await server.kill()
    process.env['NODE_ENV'] = 'production'
    const { tokens } = await startInstance(store)
    expect(await refusalOf(tokens.issue('ada'))).toBe('store_unavailable')
    await server.launch()
    while (!logs.text('error').includes('volatile-ttl')) {
      expect(await refusalOf(tokens.issue('ada'))).toBe('store_unavailable')
      await new Promise(setImmediate)
    }
    await command(server, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    await tokens.issue('ada')
  })

  it('of a cluster every primary is looked at', async () => {
    const servers = await startCluster()
    await command(servers[2]!, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    const client = await connectCluster(servers.map(({ url }) => url))
    process.env['NODE_ENV'] = 'production'
    await expect(startInstance(new RedisSessionStore({ client }))).rejects.toThrow(/allkeys-lru/)
  })

  it('a cluster that is not connected at boot is looked at when it is', async () => {
    const servers = await startCluster()
    await command(servers[2]!, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    const client = unconnectedCluster(servers.map(({ url }) => url))
    process.env['NODE_ENV'] = 'production'
    const { tokens } = await startInstance(new RedisSessionStore({ client }))
    expect(await refusalOf(tokens.issue('ada'))).toBe('store_unavailable')
    await client.connect()
    expect(await refusalOf(tokens.issue('ada'))).toBe('store_unavailable')
    expect(logs.text('error')).toContain('allkeys-lru')
    await command(servers[2]!, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    await tokens.issue('ada')
  })
})

describeWith('redis-server', 'the report of a store on Redis', () => {
  it.each([
    { settings: ['--appendonly', 'yes'], evicts: false, isDurable: true },
    { settings: [...EVICTING, '--appendonly', 'no'], evicts: true, isDurable: false },
    { settings: [...EVICTING, '--rename-command', 'CONFIG', ''], evicts: true, isDurable: false },
  ])('says whether it evicts and is durable: $settings', async ({ settings, evicts, isDurable }) => {
    const { server, store } = await storeOn(settings)
    const report = await store.report()
    expect(report).toEqual({ system: 'Redis', time: expect.any(Number), evicts, isDurable })
    expect(Math.abs((report.time ?? 0) - Date.now())).toBeLessThan(86_400_000)
    expect(await new RedisKeyStore({ client: await connect(server.url) }).report()).toMatchObject({
      evicts,
      isDurable,
    })
  })

  it('of a cluster one primary that evicts or is not durable is enough', async () => {
    const servers = await startCluster()
    for (const server of servers.slice(0, 2)) await command(server, 'CONFIG', 'SET', 'appendonly', 'yes')
    await command(servers[2]!, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    const client = await connectCluster(servers.map(({ url }) => url))
    expect(await new RedisSessionStore({ client }).report()).toMatchObject({ evicts: true, isDurable: false })
  })

  it('of a cluster that is not connected rejects', async () => {
    const client = unconnectedCluster(['redis://127.0.0.1:1'])
    for (const store of [new RedisSessionStore({ client }), new RedisKeyStore({ client })]) {
      await expect(store.report()).rejects.toThrow('The cluster is not connected.')
    }
  })

  it('leaves out what the server does not tell', async () => {
    const { server } = await storeOn([])
    await command(server, 'ACL', 'SETUSER', 'app', 'on', '>secret', '~nest-jwt:*', '+time')
    const client = await connect(server.url, { username: 'app', password: 'secret' })
    const report = await new RedisSessionStore({ client }).report()
    expect(report).toMatchObject({ time: expect.any(Number), evicts: undefined, isDurable: undefined })
  })
})
