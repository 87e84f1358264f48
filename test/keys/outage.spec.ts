import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { InMemorySessionStore, type KeyService, type TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { formerToken, legacyTokens } from '../legacy-tokens/former-app.js'
import { failingStore } from '../sessions/token-service/failing-store.js'
import { logs } from '../support/logs.js'
import { DAY, kidOf, MINUTE, settled, START, startInstance, suspend, TestKeyStore } from './fleet.js'

const UNAVAILABLE = { errorCode: 'keys_unavailable' }

/** Two instances that share keys and sessions. */
async function startTwo() {
  const store = new TestKeyStore()
  const sessionStore = { useValue: new InMemorySessionStore() }
  const [a, b] = [await startInstance(store, { sessionStore }), await startInstance(store, { sessionStore })]
  return { store, a, b }
}

/** A token that the second instance has verified, before its key was revoked and that instance was suspended. */
async function withRevokedKey() {
  const { store, a, b } = await startTwo()
  const token = await a.tokens.issueAccessToken('ada')
  await b.tokens.verify(token)
  await a.keys.revoke(kidOf(token))
  suspend(b, 30_000)
  return { store, b, token }
}

interface TokenUse {
  readonly make: (tokens: TokenService) => Promise<string>
  readonly use: (tokens: TokenService, token: string) => Promise<unknown>
}

const makeAccess = (tokens: TokenService) => tokens.issueAccessToken('ada')
const makeRefresh = async (tokens: TokenService) => (await tokens.issue('ada')).refreshToken ?? ''
const makeReset = (tokens: TokenService) => tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })

/** All that a token can be used for. */
const uses: Record<string, TokenUse> = {
  'verify an access token': { make: makeAccess, use: (tokens, token) => tokens.verify(token) },
  'verify a refresh token': {
    make: makeRefresh,
    use: (tokens, token) => tokens.verify(token, { kind: 'refresh' }),
  },
  refresh: { make: makeRefresh, use: (tokens, token) => tokens.refresh(token) },
  'revoke an access token': { make: makeAccess, use: (tokens, token) => tokens.revoke(token) },
  'revoke a refresh token': { make: makeRefresh, use: (tokens, token) => tokens.revoke(token) },
  consumeOneTimeToken: {
    make: makeReset,
    use: (tokens, token) => tokens.consumeOneTimeToken('reset', token),
  },
}

afterEach(() => logs.clear())

describe('while the key store is down', () => {
  it('for an hour, an app signs and verifies on, and logs two lines', async () => {
    const store = new TestKeyStore()
    const instance = await startInstance(store)
    const { tokens, clock } = instance
    const kid = kidOf(await tokens.issueAccessToken('ada'))
    store.isDown = true

    for (let minute = 0; minute < 60; minute++) {
      clock.advance('1m')
      await settled([instance])
      const token = await tokens.issueAccessToken('ada')
      expect(kidOf(token)).toBe(kid)
      await tokens.verify(token)
    }
    expect(logs.text('error').match(/The key store is unavailable/g)).toHaveLength(1)

    store.isDown = false
    clock.advance('5s')
    await settled([instance])
    expect(logs.text('log').match(/The key store is available again/g)).toHaveLength(1)
  })

  it('it signs until the planned end of its key, and verifies on after that', async () => {
    const store = new TestKeyStore()
    const instance = await startInstance(store)
    const { tokens, clock } = instance
    const { refreshToken = '' } = await tokens.issue('ada')
    store.isDown = true

    clock.set(START + 90 * DAY - 1)
    await settled([instance])
    const last = await tokens.issue('ada')
    clock.set(START + 90 * DAY)
    await settled([instance])
    await expect(tokens.issue('ada')).rejects.toMatchObject(UNAVAILABLE)
    await expect(tokens.issueAccessToken('ada')).rejects.toMatchObject(UNAVAILABLE)
    await expect(tokens.refresh(last.refreshToken ?? '')).rejects.toMatchObject(UNAVAILABLE)
    await expect(tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })).rejects.toMatchObject(
      UNAVAILABLE,
    )
    await tokens.verify(last.accessToken)
    await expect(tokens.verify(refreshToken, { kind: 'refresh' })).rejects.toMatchObject({
      errorCode: 'token_expired',
    })

    store.isDown = false
    clock.advance('5s')
    await settled([instance])
    const token = await tokens.issueAccessToken('ada')
    expect(kidOf(token)).toBe(kidOf(last.accessToken))
    clock.advance('1d')
    await settled([instance])
    expect(kidOf(await tokens.issueAccessToken('ada'))).not.toBe(kidOf(token))
  })

  it('an announced key follows in time', async () => {
    const store = new TestKeyStore()
    const instance = await startInstance(store)
    const { tokens, keys, clock } = instance
    const next = await keys.rotate()
    store.isDown = true
    clock.advance('1d')
    await settled([instance])
    expect(kidOf(await tokens.issueAccessToken('ada'))).toBe(next.kid)
  })

  it('an instance that alone cannot read it signs tokens that the others accept, whatever they do meanwhile', async () => {
    const store = new TestKeyStore()
    const line = new TestKeyStore()
    let isCut = false
    line.read = async () => (isCut ? Promise.reject(new Error('cut off')) : store.read())
    line.replace = async (input) => (isCut ? Promise.reject(new Error('cut off')) : store.replace(input))
    const [cut, other] = [await startInstance(line), await startInstance(store)]
    await other.keys.rotate()
    cut.clock.advance('25s')
    await settled([cut])
    isCut = true
    await other.keys.rotate({ immediately: true })
    await other.keys.rotate({ immediately: true })

    const kept: { token: string; exp: number }[] = []
    for (const day of [0.5, 2, 89.9, 90.5, 90.9]) {
      for (const { clock } of [cut, other]) clock.set(START + day * DAY)
      await settled([cut, other])
      const token = await cut.tokens.issueAccessToken('ada')
      await other.tokens.verify(token)
      const once = await cut.tokens.issueOneTimeToken('invite', 'ada', { expiresIn: '30d' })
      kept.push({ token: once, exp: Math.floor(cut.clock.now() / 1000) + 30 * 86_400 })
    }
    for (const { token, exp } of kept.toSorted((a, b) => a.exp - b.exp)) {
      other.clock.set((exp - 1) * 1000)
      await settled([other])
      // The store in memory of the other instance does not know it, but its key does.
      await expect(other.tokens.consumeOneTimeToken('invite', token)).rejects.toMatchObject({
        errorCode: 'token_revoked',
      })
    }
  })

  it('an unknown kid is keys_unavailable, and otherwise token_signature_invalid', async () => {
    const store = new TestKeyStore()
    const instance = await startInstance(store)
    const stranger = await (await startInstance(new TestKeyStore())).tokens.issueAccessToken('ada')
    await expect(instance.tokens.verify(stranger)).rejects.toMatchObject({
      errorCode: 'token_signature_invalid',
    })
    store.isDown = true
    instance.clock.advance('1s')
    await expect(instance.tokens.verify(stranger)).rejects.toMatchObject(UNAVAILABLE)
  })

  it.each(['list', 'rotate', 'revoke'] as const)('%s of KeyService is keys_unavailable', async (call) => {
    const store = new TestKeyStore()
    const { keys } = await startInstance(store)
    store.isDown = true
    await expect(call === 'revoke' ? keys.revoke('none') : keys[call]()).rejects.toMatchObject(UNAVAILABLE)
  })

  it('requests do not ask it: it is asked again every five seconds', async () => {
    const store = new TestKeyStore()
    const instance = await startInstance(store)
    const { tokens, clock } = instance
    const token = await tokens.issueAccessToken('ada')
    store.isDown = true
    clock.advance('25s')
    await settled([instance])

    for (let look = 0; look < 12; look++) {
      const { reads } = store
      clock.advance('5s')
      await settled([instance])
      for (let request = 0; request < 3; request++) {
        await tokens.verify(token)
        await tokens.issueAccessToken('ada')
      }
      expect(store.reads - reads).toBe(1)
    }
  })

  it.each<[failing: 'read' | 'write', call: 'rotate' | 'revoke']>([
    ['read', 'rotate'],
    ['read', 'revoke'],
    ['write', 'rotate'],
    ['write', 'revoke'],
  ])('for one %s, %s fails once, and keys are read and changed again after it', async (failing, call) => {
    const store = new TestKeyStore()
    const [instance, other] = [await startInstance(store), await startInstance(store)]
    const { tokens, keys, clock } = instance
    const token = await tokens.issueAccessToken('ada')
    const change = () => (call === 'revoke' ? keys.revoke(kidOf(token)) : keys.rotate())
    const fail = () => Promise.reject(new Error('connection lost'))
    Object.assign(store, failing === 'read' ? { beforeRead: fail } : { beforeWrite: fail })
    await expect(change()).rejects.toMatchObject(UNAVAILABLE)
    Object.assign(store, { beforeRead: undefined, beforeWrite: undefined })

    const next = await other.keys.rotate({ immediately: true })
    clock.advance('25s')
    await settled([instance])
    expect(kidOf(await tokens.issueAccessToken('ada'))).toBe(next.kid)
    await tokens.verify(token)
    expect(await keys.revoke(kidOf(token))).toBe(true)
    await expect(tokens.verify(token)).rejects.toMatchObject({ errorCode: 'token_signature_invalid' })
  })

  it('an app does not start, and leaves nothing running', async () => {
    const store = new TestKeyStore()
    store.isDown = true
    const clock = new FakeClock(START)
    await expect(startInstance(store, { clock })).rejects.toThrow(/^keyStore: The app does not start/)
    const { reads } = store
    clock.advance('1h')
    expect(store.reads).toBe(reads)
  })
})

describe('a key store that does not answer', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  /** What comes of a call while the store is silent at this moment: nothing for 3 seconds. */
  async function afterSilence<T>(
    store: TestKeyStore,
    moment: 'beforeRead' | 'beforeWrite',
    call: () => Promise<T>,
  ): Promise<T> {
    const asked = new Promise<void>((resolve) => {
      store[moment] = () => {
        resolve()
        return new Promise(() => undefined)
      }
    })
    const result = call()
    let isSettled = false
    void result.catch(() => undefined).then(() => (isSettled = true))
    await asked
    jest.advanceTimersByTime(2999)
    for (let turn = 0; turn < 10; turn++) await setImmediate()
    expect(isSettled).toBe(false)
    jest.advanceTimersByTime(1)
    return result
  }

  it('stops a boot', async () => {
    const store = new TestKeyStore()
    await expect(afterSilence(store, 'beforeRead', () => startInstance(store))).rejects.toThrow(
      /^keyStore: The app does not start/,
    )
  })

  it.each(['list', 'rotate', 'revoke'] as const)('makes %s of KeyService keys_unavailable', async (name) => {
    const store = new TestKeyStore()
    const { keys } = await startInstance(store)
    const call = () => (name === 'revoke' ? keys.revoke('none') : keys[name]())
    await expect(afterSilence<unknown>(store, 'beforeRead', call)).rejects.toMatchObject(UNAVAILABLE)
  })

  it('when keys are written makes a rotation keys_unavailable, and the next one is done', async () => {
    const store = new TestKeyStore()
    const { keys } = await startInstance(store)
    await expect(afterSilence(store, 'beforeWrite', () => keys.rotate())).rejects.toMatchObject(UNAVAILABLE)
    store.beforeWrite = undefined
    expect(await keys.rotate()).toMatchObject({ state: 'announced' })
  })

  it('delays requests once: they go on with the keys that were read last', async () => {
    const store = new TestKeyStore()
    const instance = await startInstance(store)
    const { tokens } = instance
    const token = await tokens.issueAccessToken('ada')
    suspend(instance, 30_000)
    const requests = () => Promise.all([tokens.issueAccessToken('ada'), tokens.verify(token)])
    const [other] = await afterSilence(store, 'beforeRead', requests)
    expect(kidOf(other)).toBe(kidOf(token))

    store.beforeRead = undefined
    const { reads } = store
    await requests()
    expect(store.reads).toBe(reads)
  })
})

describe('a key that another instance has made just now', () => {
  it('is read when its first token comes, once for many tokens', async () => {
    const store = new TestKeyStore()
    const [a, b] = [await startInstance(store), await startInstance(store)]
    b.clock.advance('2s')
    await a.keys.rotate({ immediately: true })
    const fresh = await Promise.all(Array.from({ length: 50 }, () => a.tokens.issueAccessToken('ada')))
    const { reads } = store

    await Promise.all(fresh.map((token) => b.tokens.verify(token)))

    expect(store.reads - reads).toBe(1)
  })

  it.each(Object.entries(uses))('is read for every use of a token: %s', async (_, { make, use }) => {
    const { a, b } = await startTwo()
    b.clock.advance('2s')
    await a.keys.rotate({ immediately: true })

    await use(b.tokens, await make(a.tokens))
  })

  it('costs at most one look a second for kids that nobody has made', async () => {
    const store = new TestKeyStore()
    const { tokens, clock } = await startInstance(store)
    const strangers = await Promise.all(Array.from({ length: 20 }, () => startInstance(new TestKeyStore())))
    const forged = await Promise.all(strangers.map((stranger) => stranger.tokens.issueAccessToken('ada')))
    const { reads } = store

    for (let second = 0; second < 10; second++) {
      clock.advance('1s')
      for (const token of forged) await tokens.verify(token).catch(() => undefined)
      await Promise.allSettled(forged.map((token) => tokens.verify(token)))
    }

    expect(store.reads - reads).toBeLessThanOrEqual(11)
  })
})

describe('an app that was suspended', () => {
  const expiresIn = '1h'
  const calls: Record<string, (tokens: TokenService, refreshToken: string) => Promise<string | undefined>> = {
    issue: async (tokens) => (await tokens.issue('ada')).refreshToken,
    issueAccessToken: (tokens) => tokens.issueAccessToken('ada'),
    issueOneTimeToken: (tokens) => tokens.issueOneTimeToken('reset', 'ada', { expiresIn }),
    refresh: async (tokens, refreshToken) => (await tokens.refresh(refreshToken)).refreshToken,
    exchangeLegacy: async (tokens) => (await tokens.exchangeLegacy(formerToken())).refreshToken,
  }

  it.each(Object.entries(calls))('reads the keys before it signs: %s', async (_, call) => {
    const store = new TestKeyStore()
    const [a, b] = [await startInstance(store), await startInstance(store, { legacyTokens })]
    const { refreshToken = '' } = await b.tokens.issue('ada')
    const { kid } = await a.keys.rotate({ immediately: true })
    suspend(b, 30_000)

    expect(kidOf((await call(b.tokens, refreshToken)) ?? '')).toBe(kid)
  })

  it.each(Object.entries(calls))('refuses before all else if no key may sign: %s', async (_, call) => {
    const store = new TestKeyStore()
    const sessions = failingStore()
    const rotation = { every: '1d', announce: '1h' }
    const sessionStore = { useValue: sessions.store }
    const instance = await startInstance(store, { rotation, sessionStore, legacyTokens })
    const { refreshToken = '' } = await instance.tokens.issue('ada')
    sessions.calls.length = 0
    store.isDown = true
    suspend(instance, DAY)

    await expect(call(instance.tokens, refreshToken)).rejects.toMatchObject(UNAVAILABLE)
    expect(sessions.calls).toEqual([])
  })

  it('reads the keys before it trusts them again', async () => {
    const { b, token } = await withRevokedKey()
    await expect(b.tokens.verify(token)).rejects.toMatchObject({ errorCode: 'token_signature_invalid' })
    await expect(b.tokens.verify(token)).rejects.toMatchObject({ errorCode: 'token_signature_invalid' })
  })

  it.each(Object.entries(uses))('refuses a token of a revoked key: %s', async (_, { make, use }) => {
    const { a, b } = await startTwo()
    const token = await make(a.tokens)
    await a.keys.revoke(kidOf(token))
    suspend(b, 30_000)

    await expect(use(b.tokens, token)).rejects.toMatchObject({ errorCode: 'token_signature_invalid' })
  })

  it('reads the keys before any of the requests that wait for them goes on', async () => {
    const { store, b, token } = await withRevokedKey()
    let goOn = (): void => undefined
    const isReading = new Promise<void>((resolve) => {
      store.beforeRead = () => {
        resolve()
        return new Promise((answer) => (goOn = answer))
      }
    })

    const first = Promise.allSettled([b.tokens.verify(token)])
    await isReading
    const others = Promise.allSettled([b.tokens.verify(token), b.tokens.issueAccessToken('ada')])
    await setImmediate()
    store.beforeRead = undefined
    goOn()

    const [outcome, [other, issued]] = [(await first)[0], await others]
    for (const { status } of [outcome, other]) expect(status).toBe('rejected')
    if (issued.status === 'rejected') throw issued.reason
    expect(kidOf(issued.value)).not.toBe(kidOf(token))
  })

  it.each([
    ['can be read', false],
    ['is down', true],
  ])('signs with the key whose time has come meanwhile, where the store %s', async (_, isDown) => {
    const store = new TestKeyStore()
    const instance = await startInstance(store)
    const { tokens, keys, events } = instance
    const announced = await keys.rotate()
    store.isDown = isDown
    suspend(instance, DAY)
    expect(kidOf(await tokens.issueAccessToken('ada'))).toBe(announced.kid)
    expect(events).toContain('key.rotated')
  })

  it('for years signs on with its key until the next one was announced', async () => {
    const store = new TestKeyStore()
    const first = await startInstance(store)
    const kid = kidOf(await first.tokens.issueAccessToken('ada'))
    await first.module.close()

    const later = await startInstance(store, { clock: new FakeClock(START + 800 * DAY) })
    expect(kidOf(await later.tokens.issueAccessToken('ada'))).toBe(kid)
    expect(later.tokens.publicKeys().keys).toHaveLength(2)
    later.clock.advance('1d')
    await settled([later])
    expect(kidOf(await later.tokens.issueAccessToken('ada'))).not.toBe(kid)
  })

  it('does nothing any more after it was closed', async () => {
    const store = new TestKeyStore()
    const { module, clock } = await startInstance(store)
    await module.close()
    const { reads, writes } = store
    clock.set(START + 200 * DAY)
    await setImmediate()
    expect([store.reads, store.writes]).toEqual([reads, writes])
  })

  it('writes nothing any more if it is closed while it reads', async () => {
    const store = new TestKeyStore()
    const instance = await startInstance(store)
    const { writes } = store
    let goOn = (): void => undefined
    store.beforeRead = () => new Promise((resolve) => (goOn = resolve))
    const { reads } = store
    // The next key is to be announced.
    instance.clock.set(START + 89.5 * DAY)
    while (store.reads === reads) await setImmediate()

    await instance.module.close()
    goOn()
    await settled([instance])
    expect(store.writes).toBe(writes)
  })

  it.each<[call: string, change: (keys: KeyService, kid: string) => Promise<unknown>]>([
    ['rotate', (keys) => keys.rotate()],
    ['rotate immediately', (keys) => keys.rotate({ immediately: true })],
    ['revoke', (keys, kid) => keys.revoke(kid)],
  ])('does not pretend to have changed keys if it is closed before: %s', async (_, change) => {
    const store = new TestKeyStore()
    const { module, tokens, keys } = await startInstance(store)
    const kid = kidOf(await tokens.issueAccessToken('ada'))
    const { writes } = store
    logs.clear()
    await module.close()

    await expect(change(keys, kid)).rejects.toMatchObject(UNAVAILABLE)
    expect(store.writes).toBe(writes)
    expect(logs.text('error')).toBe('')
  })

  it('survives a clock that is set back', async () => {
    const store = new TestKeyStore()
    const instance = await startInstance(store)
    const { tokens, keys, clock } = instance
    await keys.rotate({ immediately: true })
    const token = await tokens.issueAccessToken('ada')
    for (const time of [START - 3 * DAY, START - MINUTE, START]) {
      clock.set(time)
      await settled([instance])
      const older = await tokens.issueAccessToken('ada')
      await tokens.verify(older)
      expect(kidOf(older)).toBe(kidOf(token))
    }
    await tokens.verify(token)
    expect(await keys.list()).toHaveLength(2)
  })
})
