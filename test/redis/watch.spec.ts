import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, OpenConnections, TokenService } from '@nest-jwt-auth/core'
import { FakeClock, sessionStoreCases } from '@nest-jwt-auth/core/testing'
import { RedisSessionStore } from '@nest-jwt-auth/redis'
import { startModule } from '../support/adapters.js'
import { describeWith } from '../support/services.js'
import { connect, connectCluster, ownPrefix } from './support/clients.js'
import { startProxy } from './support/proxy.js'
import { command, startCluster } from './support/redis-cluster.js'

const SECRET = 'dP3cT9WbYp8mK2sQ5vX7zR4nH6jL1gFa'
const TRACKING = { RESP: 3, clientSideCache: {} } as const

describeWith('redis', 'open connections on Redis, with tracking', (url) => {
  const prefix = ownPrefix(url)

  /** The clock stands still: what is noticed was heard. */
  async function start(at = url, options: object = TRACKING) {
    const store = new RedisSessionStore({ client: await connect(at, options), prefix })
    const elsewhere = new RedisSessionStore({ client: await connect(url), prefix })
    const clock = new FakeClock()
    const root = JwtAuthModule.forRoot({ secret: SECRET, sessionStore: { useValue: store } })
    const module = await startModule({ imports: [root] }, { clock })
    const other = JwtAuthModule.forRoot({ secret: SECRET, sessionStore: { useValue: elsewhere } })
    const tokens = module.get(TokenService)
    return {
      module,
      clock,
      tokens,
      elsewhere: (await startModule({ imports: [other] }, { clock })).get(TokenService),
      subject: randomUUID(),
      open: async (token: string) => {
        const verified = await tokens.verify(token)
        const connections = module.get(OpenConnections)
        return { code: new Promise<string>((resolve) => void connections.add(verified, resolve)) }
      },
    }
  }

  describe.each([
    { name: 'clientSideCache', options: TRACKING },
    { name: 'emitInvalidate', options: { RESP: 3, emitInvalidate: true } as const },
  ])('by $name', ({ options }) => {
    const create = async () => new RedisSessionStore({ client: await connect(url, options), prefix })
    let store: ReturnType<typeof create> | undefined
    for (const { name, run } of sessionStoreCases(() => (store ??= create()))) {
      if (name.startsWith('watch')) it(name, run)
    }

    it('ends those that another process revokes, one after the other', async () => {
      const { elsewhere, subject, open } = await start(url, options)
      const revocations = [
        (pair: { sessionId: string }) => elsewhere.revokeSession(pair.sessionId),
        (pair: { accessToken: string }) => elsewhere.revoke(pair.accessToken),
        () => elsewhere.revokeAll(subject),
      ]
      for (const revoke of revocations) {
        const { accessToken, sessionId = '' } = await elsewhere.issue(subject)
        const { code } = await open(accessToken)
        await revoke({ accessToken, sessionId })
        expect(await code).toBe('token_revoked')
      }
    })
  })

  it('a lost connection: what was revoked meanwhile is noticed when it is back', async () => {
    const proxy = await startProxy(Number(new URL(url).port || 6379))
    const { elsewhere, subject, open } = await start(proxy.url)
    const { accessToken, sessionId = '' } = await elsewhere.issue(subject)
    const { code } = await open(accessToken)
    proxy.freeze()
    await elsewhere.revokeSession(sessionId)
    proxy.cut()
    expect(await code).toBe('token_revoked')
  })

  it('without tracking a look every 30 seconds finds it', async () => {
    const { clock, elsewhere, subject, open } = await start(url, {})
    const { accessToken, sessionId = '' } = await elsewhere.issue(subject)
    const { code } = await open(accessToken)
    await elsewhere.revokeSession(sessionId)
    clock.advance('30s')
    expect(await code).toBe('token_revoked')
  })

  it.each([
    { name: 'with clientSideCache', options: TRACKING, listens: true },
    { name: 'with emitInvalidate', options: { RESP: 3, emitInvalidate: true } as const, listens: true },
    { name: 'without tracking', options: {}, listens: false },
  ])('$name leaves no listener on the client when the app closes', async ({ options, listens }) => {
    const client = await connect(url, options)
    const cache = client.clientSideCache
    const count = () =>
      [client, cache].reduce(
        (sum, one) => sum + (one?.eventNames().reduce((of, name) => of + one.listenerCount(name), 0) ?? 0),
        0,
      )
    const before = count()
    const store = new RedisSessionStore({ client, prefix })
    const root = JwtAuthModule.forRoot({ secret: SECRET, sessionStore: { useValue: store } })
    const module = await startModule({ imports: [root] })
    const tokens = module.get(TokenService)
    module
      .get(OpenConnections)
      .add(await tokens.verify((await tokens.issue('ada')).accessToken), () => undefined)
    expect(count() > before).toBe(listens)
    await module.close()
    expect(count()).toBe(before)
  })
})

describeWith('redis-server', 'open connections on a cluster, with tracking', () => {
  it('a node whose connection was lost: whatever was revoked meanwhile is noticed', async () => {
    const servers = await startCluster()
    const cluster = await connectCluster(
      servers.map(({ url }) => url),
      TRACKING,
    )
    const store = new RedisSessionStore({ client: cluster })
    const happened: string[] = []
    const unwatch = store.watch((subject) => happened.push(`forget ${subject}`))
    for (const event of ['node-error', 'node-ready']) cluster.on(event, () => happened.push(event))
    for (const server of servers) {
      const isBack = once(cluster, 'node-ready')
      await command(server, 'CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
      await isBack
    }
    unwatch?.()
    expect(happened).toEqual(expect.arrayContaining(['node-error', 'node-ready']))
    for (const [at, what] of happened.entries()) {
      if (what.startsWith('node')) expect(happened[at - 1]).toBe('forget undefined')
    }
  })
})
