import { expect, it } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { type LookUpInput, type LookUpResult, type SessionStore } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { RedisSessionStore } from '@nest-jwt-auth/redis'
import { describeWith } from '../support/services.js'
import { refusalOf, startInstance } from './support/app.js'
import { connect, connectCluster, ownPrefix } from './support/clients.js'
import { startProxy } from './support/proxy.js'
import { startCluster } from './support/redis-cluster.js'

class CountingStore extends RedisSessionStore {
  lookUps = 0

  override lookUp(input: LookUpInput): Promise<LookUpResult> {
    this.lookUps++
    return super.lookUp(input)
  }
}

/** Long, and the clock stands still: what is seen earlier than that was heard of. */
const check = { sessions: { check: { maxStaleness: '5m' } } }
const TRACKING = { RESP: 3, clientSideCache: {} } as const

/** The next answer that is another. A test that never gets one runs into its time-out. */
async function refusalWhenHeard(work: () => Promise<unknown>): Promise<string> {
  for (;;) {
    await new Promise(setImmediate)
    const code = await refusalOf(work())
    if (code !== undefined) return code
  }
}

describeWith('redis', 'sessions.check on Redis', (url) => {
  const prefix = ownPrefix(url)

  async function start(options: object, at = url) {
    const clock = new FakeClock()
    const store = new CountingStore({ client: await connect(at, options), prefix })
    const elsewhere = new RedisSessionStore({ client: await connect(url), prefix })
    return {
      store,
      clock,
      tokens: (await startInstance(store, check, clock)).tokens,
      elsewhere: (await startInstance(elsewhere, {}, clock)).tokens,
      subject: randomUUID(),
    }
  }

  it.each([
    { name: 'clientSideCache', options: TRACKING },
    { name: 'emitInvalidate', options: { RESP: 3, emitInvalidate: true } },
  ])('with $name the server says what has changed, long before the bound', async ({ options }) => {
    const { store, tokens, elsewhere, subject } = await start(options)
    const revocations = [
      (pair: { sessionId: string }) => elsewhere.revokeSession(pair.sessionId),
      () => elsewhere.revokeAll(subject),
      (pair: { accessToken: string }) => elsewhere.revoke(pair.accessToken),
    ]
    for (const revoke of revocations) {
      const { accessToken, sessionId = '' } = await tokens.issue(subject)
      await tokens.verify(accessToken)
      store.lookUps = 0
      for (let use = 0; use < 100; use++) await tokens.verify(accessToken)
      expect(store.lookUps).toBe(0)
      await revoke({ accessToken, sessionId })
      expect(await refusalWhenHeard(() => tokens.verify(accessToken))).toBe('token_revoked')
    }
  })

  it('it says so of subjects too whose names are no plain text', async () => {
    const { tokens, elsewhere } = await start(TRACKING)
    const subject = `${randomUUID()} Ådå {1}`
    const { accessToken, sessionId = '' } = await tokens.issue(subject)
    await tokens.verify(accessToken)
    await elsewhere.revokeSession(sessionId)
    expect(await refusalWhenHeard(() => tokens.verify(accessToken))).toBe('token_revoked')
  })

  it('a lost connection empties what is remembered', async () => {
    const proxy = await startProxy(Number(new URL(url).port || 6379))
    const { store, tokens, elsewhere, subject } = await start(TRACKING, proxy.url)
    const { accessToken, sessionId = '' } = await tokens.issue(subject)
    const other = await tokens.issue(subject)
    await tokens.verify(accessToken)
    await tokens.verify(other.accessToken)
    proxy.freeze()
    await elsewhere.revokeSession(sessionId)
    // Nobody has told it, and the bound is far.
    await tokens.verify(accessToken)
    proxy.cut()
    let code = ''
    do code = await refusalWhenHeard(() => tokens.verify(accessToken))
    while (code === 'store_unavailable')
    expect(code).toBe('token_revoked')
    store.lookUps = 0
    await tokens.verify(other.accessToken)
    expect(store.lookUps).toBe(1)
  })

  it('a connection that hangs: the bound holds, and then the store is unavailable', async () => {
    const proxy = await startProxy(Number(new URL(url).port || 6379))
    const { clock, tokens, elsewhere, subject } = await start(TRACKING, proxy.url)
    const { accessToken, sessionId = '' } = await tokens.issue(subject)
    await tokens.verify(accessToken)
    proxy.freeze()
    await elsewhere.revokeSession(sessionId)
    clock.advance(299.999)
    await tokens.verify(accessToken)
    clock.advance('1ms')
    expect(await refusalOf(tokens.verify(accessToken))).toBe('store_unavailable')
  })

  it('without tracking the bound alone holds', async () => {
    const { clock, tokens, elsewhere, subject } = await start({ RESP: 2 })
    const { accessToken, sessionId = '' } = await tokens.issue(subject)
    await tokens.verify(accessToken)
    await elsewhere.revokeSession(sessionId)
    clock.advance('299s')
    await tokens.verify(accessToken)
    clock.advance('1s')
    expect(await refusalOf(tokens.verify(accessToken))).toBe('token_revoked')
  })

  it("'always' does not use the client's cache: the very next request sees every revocation", async () => {
    const client = await connect(url, TRACKING)
    const { tokens } = await startInstance(new RedisSessionStore({ client, prefix }))
    const { elsewhere, subject } = await start({})
    for (let round = 0; round < 200; round++) {
      const { accessToken, sessionId = '' } = await tokens.issue(subject)
      await tokens.verify(accessToken)
      await elsewhere.revokeSession(sessionId)
      expect(await refusalOf(tokens.verify(accessToken))).toBe('token_revoked')
    }
  })
})

describeWith('redis-server', 'sessions.check: { maxStaleness } on a cluster', () => {
  it('every primary says what has changed', async () => {
    const urls = (await startCluster()).map(({ url }) => url)
    const clock = new FakeClock()
    const instance = async (store: SessionStore, options = {}) =>
      (await startInstance(store, options, clock)).tokens
    const tokens = await instance(
      new RedisSessionStore({ client: await connectCluster(urls, TRACKING) }),
      check,
    )
    const elsewhere = await instance(new RedisSessionStore({ client: await connectCluster(urls) }))
    for (let round = 0; round < 12; round++) {
      const { accessToken, sessionId = '' } = await tokens.issue(randomUUID())
      await tokens.verify(accessToken)
      await elsewhere.revokeSession(sessionId)
      expect(await refusalWhenHeard(() => tokens.verify(accessToken))).toBe('token_revoked')
    }
  })
})
