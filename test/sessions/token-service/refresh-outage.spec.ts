import { afterEach, describe, expect, it, jest } from '@jest/globals'
import {
  JwtAuthError,
  JwtAuthUsageError,
  type RotateInput,
  type SessionStore,
  type TokenPair,
  type TokenService,
} from '@nest-jwt-auth/core'
import { formerToken, legacyTokens } from '../../legacy-tokens/former-app.js'
import { readToken } from '../../support/forge.js'
import { logs } from '../../support/logs.js'
import type { Failure } from './failing-store.js'
import { refreshTokenOf, start, withCode } from './start.js'

type Method = Exclude<keyof SessionStore, symbol>
type LoaderContext = { readonly claims: Record<string, unknown> }

const withoutSid = ({ sid: _sid, ...claims }: Record<string, unknown>) => claims

const unavailable = withCode('store_unavailable')
const quick = { sessions: { timeout: '15ms' } }
const jtiOf = (token: string) => readToken(token).claims['jti']

/** All that was on its way has gone on to the next timer. */
const untilIdle = () => new Promise((resolve) => setImmediate(resolve))

const fakeTimers = () => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
const passes = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

afterEach(() => {
  jest.useRealTimers()
})

describe('a store that dies under a refresh', () => {
  it.each<[Failure, 'lookUp' | 'rotate']>([
    ['before', 'lookUp'],
    ['hang', 'lookUp'],
    ['after', 'lookUp'],
    ['before', 'rotate'],
    ['hang', 'rotate'],
  ])('%s %s: nothing was rotated, and the refresh token is still good', async (failure, method) => {
    const { tokens, sessions, clock, events } = await start(quick)
    const token = refreshTokenOf(await tokens.issue('ada'))
    events.length = 0
    sessions.fail(failure, method)
    await expect(tokens.refresh(token)).rejects.toMatchObject(unavailable)
    expect(events).toEqual([])

    sessions.recover()
    clock.advance('1d')
    const next = await tokens.refresh(token)
    expect((await tokens.verify(next.access_token)).claims.sub).toBe('ada')
  })

  it.each<{ last: string; method: 'rotate' | 'end'; isGone?: boolean; isUsed?: boolean }>([
    { last: 'rotates', method: 'rotate' },
    { last: 'ends a session whose identity is gone', method: 'end', isGone: true },
    { last: 'ends a session whose token was used before', method: 'end', isUsed: true },
  ])('waits for all that it asks together no longer than the time-out: it $last', async (row) => {
    const { method, isGone = false, isUsed = false } = row
    let identity: string | null = 'ada'
    const identityLoader = { useValue: { loadIdentity: () => identity } }
    const { tokens, sessions, clock } = await start({ sessions: { timeout: '1s' }, identityLoader })
    const token = refreshTokenOf(await tokens.issue('ada'))
    if (isUsed) await tokens.refresh(token)
    if (isGone) identity = null
    clock.advance('11s')
    sessions.fail('hang', method)
    const lookUp = sessions.store.lookUp.bind(sessions.store)
    Object.assign(sessions.store, {
      lookUp: async (...args: Parameters<typeof lookUp>) => {
        await passes(800)
        return lookUp(...args)
      },
    })
    fakeTimers()
    const outcome = tokens.refresh(token).catch((error: unknown) => error)
    await jest.advanceTimersByTimeAsync(800)
    await untilIdle()
    expect(sessions.calls.at(-1)).toBe(method)
    await jest.advanceTimersByTimeAsync(200)

    const first = await Promise.race([outcome, untilIdle()])
    expect(first).toMatchObject(unavailable)
  })

  it.each<{ call: string; asking: Method[]; last: Method }>([
    { call: 'issue', asking: ['keepGeneration'], last: 'open' },
    { call: 'refresh', asking: ['lookUp', 'keepGeneration'], last: 'rotate' },
    { call: 'exchangeLegacy', asking: ['keepGeneration', 'keepGeneration'], last: 'open' },
  ])('has one time-out for all that $call asks where access tokens have no sid', async (row) => {
    const { call, asking, last } = row
    const { tokens, sessions } = await start({
      sessions: { timeout: '1s' },
      claimsMode: 'replace',
      claimsLoader: {
        useValue: { loadClaims: (_: unknown, { claims }: LoaderContext) => withoutSid(claims) },
      },
      legacyTokens,
    })
    const token = refreshTokenOf(await tokens.issue('ada'))
    const begin: Record<string, () => Promise<TokenPair>> = {
      issue: () => tokens.issue('ada'),
      refresh: () => tokens.refresh(token),
      exchangeLegacy: () => tokens.exchangeLegacy(formerToken()),
    }
    for (const method of new Set(asking)) {
      const answer = (sessions.store[method] as (input: unknown) => Promise<unknown>).bind(sessions.store)
      Object.assign(sessions.store, {
        [method]: async (input: unknown) => {
          await passes(900 / asking.length)
          return answer(input)
        },
      })
    }
    sessions.fail('hang', last)
    fakeTimers()
    const outcome = begin[call]?.().catch((error: unknown) => error)
    for (const _ of asking) {
      await jest.advanceTimersByTimeAsync(900 / asking.length)
      await untilIdle()
    }
    expect(sessions.calls.at(-1)).toBe(last)
    await jest.advanceTimersByTimeAsync(100)

    expect(await Promise.race([outcome, untilIdle()])).toMatchObject(unavailable)
  })

  it.each([
    { asking: 0, answering: 0, loading: 0 },
    { asking: 800, answering: 0, loading: 0 },
    { asking: 0, answering: 800, loading: 0 },
    { asking: 400, answering: 300, loading: 2000 },
  ])(
    'gives the store no more time to rotate than the client waits, by the clock of the store: %j',
    async ({ asking, answering, loading }) => {
      const claimsLoader = { useValue: { loadClaims: () => (load ? passes(loading).then(() => ({})) : {}) } }
      let load = false
      const { tokens, sessions } = await start({ sessions: { timeout: '1s' }, claimsLoader })
      const token = refreshTokenOf(await tokens.issue('ada'))
      load = loading > 0
      const ahead = 5000
      const lookUp = sessions.store.lookUp.bind(sessions.store)
      Object.assign(sessions.store, {
        lookUp: async (...args: Parameters<typeof lookUp>) => {
          await passes(asking)
          const answer = { ...(await lookUp(...args)), time: performance.now() + ahead }
          await passes(answering)
          return answer
        },
      })
      fakeTimers()
      jest.advanceTimersByTime(100)
      const began = performance.now()
      const refreshed = tokens.refresh(token)
      for (let step = 0; step < 60; step++) await jest.advanceTimersByTimeAsync(100)
      await refreshed

      const { deadline } = sessions.inputs.at(-1) as RotateInput
      // How long the answer was on its way cannot be known.
      const end = began + 2 * loading + 1000 + ahead
      expect(deadline).toBeGreaterThanOrEqual(end - answering - 2)
      expect(deadline).toBeLessThanOrEqual(end)
    },
  )

  it('gives a store that did not tell its time no deadline', async () => {
    const { tokens, sessions } = await start()
    await tokens.refresh(refreshTokenOf(await tokens.issue('ada')))

    expect(sessions.calls.at(-1)).toBe('rotate')
    expect(sessions.inputs.at(-1)).toMatchObject({ deadline: undefined })
  })

  it('after rotate: asking again inside the grace gives the successor that is there', async () => {
    const { tokens, sessions, clock } = await start(quick)
    const token = refreshTokenOf(await tokens.issue('ada'))
    sessions.fail('after', 'rotate')
    await expect(tokens.refresh(token)).rejects.toMatchObject(unavailable)

    sessions.recover()
    clock.advance('9s')
    const [one, other] = [await tokens.refresh(token), await tokens.refresh(token)]
    expect(jtiOf(refreshTokenOf(one))).toBe(jtiOf(refreshTokenOf(other)))
    expect(refreshTokenOf(one)).toBe(refreshTokenOf(other))
    const third = await tokens.refresh(refreshTokenOf(one))
    expect((await tokens.verify(third.access_token)).claims.sub).toBe('ada')
  })

  it('after rotate: asking again after the grace is reuse, and the session ends', async () => {
    const { tokens, sessions, clock } = await start(quick)
    const token = refreshTokenOf(await tokens.issue('ada'))
    sessions.fail('after', 'rotate')
    await expect(tokens.refresh(token)).rejects.toMatchObject(unavailable)

    sessions.recover()
    clock.advance('10s')
    await expect(tokens.refresh(token)).rejects.toMatchObject(withCode('refresh_reused'))
    expect(await tokens.sessions('ada')).toEqual([])
  })

  it('while it ends a session whose identity is gone: an outage, and asked again it is gone', async () => {
    let identity: string | null = 'ada'
    const identityLoader = { useValue: { loadIdentity: () => identity } }
    const { tokens, sessions, events } = await start({ ...quick, identityLoader })
    const token = refreshTokenOf(await tokens.issue('ada'))
    identity = null
    events.length = 0
    for (const failure of ['before', 'hang'] as const) {
      sessions.fail(failure, 'end')
      await expect(tokens.refresh(token)).rejects.toMatchObject(unavailable)
    }
    expect(events).toEqual([])

    sessions.recover()
    await expect(tokens.refresh(token)).rejects.toMatchObject(withCode('identity_unknown'))
    expect(events.map(({ type }) => type)).toEqual(['session.revoked'])
  })
})

describe('a store that dies while it ends the session of a refresh token that was used before', () => {
  it.each<[string, (tokens: TokenService, token: string) => Promise<unknown>]>([
    ['refresh', (tokens, token) => tokens.refresh(token)],
    ['verify', (tokens, token) => tokens.verify(token, { kind: 'refresh' })],
  ])('under %s: an outage, and asked again it is reuse', async (_, use) => {
    const { tokens, sessions, clock, events } = await start(quick)
    const used = refreshTokenOf(await tokens.issue('ada'))
    const { access_token: stolen } = await tokens.refresh(used)
    clock.advance('11s')
    events.length = 0
    for (const failure of ['before', 'hang'] as const) {
      sessions.fail(failure, 'end')
      await expect(use(tokens, used)).rejects.toMatchObject(unavailable)
    }
    expect(events).toEqual([])
    await tokens.verify(stolen)

    sessions.recover()
    await expect(use(tokens, used)).rejects.toMatchObject(withCode('refresh_reused'))
    expect(events.map(({ type }) => type)).toEqual(['refresh.reused'])
    await expect(tokens.verify(stolen)).rejects.toMatchObject(withCode('token_revoked'))
  })
})

describe('a store that dies under anything else', () => {
  const kinds: Failure[] = ['before', 'hang', 'after']

  it.each(kinds)('%s: an outage is never an answer', async (failure) => {
    const { tokens, sessions } = await start(quick)
    const pair = await tokens.issue('ada')
    const once = await tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })
    sessions.fail(failure)

    for (const call of [
      () => tokens.issue('ada'),
      () => tokens.issueAccessToken('ada'),
      () => tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' }),
      () => tokens.verify(pair.access_token),
      () => tokens.verify(refreshTokenOf(pair), { kind: 'refresh' }),
      () => tokens.sessions('ada'),
      () => tokens.revoke(pair.access_token),
      () => tokens.revoke(refreshTokenOf(pair)),
      () => tokens.revokeSession(String(pair.sessionId)),
      () => tokens.revokeAll('ada'),
      () => tokens.consumeOneTimeToken('reset', once),
    ]) {
      await expect(call()).rejects.toMatchObject(unavailable)
    }
  })

  it('says in the log how long it was silent', async () => {
    const { tokens, sessions } = await start(quick)
    const { access_token: token } = await tokens.issue('ada')
    logs.clear()
    sessions.fail('hang')
    await expect(tokens.verify(token)).rejects.toMatchObject(unavailable)

    expect(logs.text('error')).toMatch(/The session store is unavailable.*did not answer within 15 ms/)
  })

  it.each([
    new JwtAuthUsageError('options_invalid', 'The tenant has no store.'),
    new JwtAuthError('store_unavailable', { reason: 'the tenant is being moved' }),
  ])(
    'an error of this library that it throws is no outage, and reaches the caller as it is: %s',
    async (thrown) => {
      const { tokens, sessions } = await start()
      const { access_token: token } = await tokens.issue('ada')
      logs.clear()
      Object.assign(sessions.store, { lookUp: () => Promise.reject(thrown) })

      await expect(tokens.verify(token)).rejects.toBe(thrown)
      expect(logs.lines).toEqual([])
    },
  )

  it('a throw that is no promise, and a rejection that comes too late, are outages too', async () => {
    let reject: ((error: Error) => void) | undefined
    const { tokens, sessions } = await start(quick)
    const { access_token: token } = await tokens.issue('ada')
    Object.assign(sessions.store, {
      lookUp: () => {
        throw new Error('a driver that throws at once')
      },
    })
    await expect(tokens.verify(token)).rejects.toMatchObject(unavailable)
    Object.assign(sessions.store, { lookUp: () => new Promise((_, late) => (reject = late)) })
    await expect(tokens.verify(token)).rejects.toMatchObject(unavailable)
    reject?.(new Error('late'))

    Reflect.deleteProperty(sessions.store, 'lookUp')
    expect((await tokens.verify(token)).claims.sub).toBe('ada')
  })
})

describe('a store whose answer comes while the process is busy for longer than the time-out', () => {
  it('is not unavailable', async () => {
    const { tokens, sessions } = await start(quick)
    const pair = await tokens.issue('ada')
    const lookUp = sessions.store.lookUp.bind(sessions.store)
    Object.assign(sessions.store, {
      lookUp: async (...args: Parameters<typeof lookUp>) => {
        const answered = untilIdle()
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30)
        await answered
        return lookUp(...args)
      },
    })
    // The next thing that the process looks at are its timers.
    await untilIdle()
    await expect(tokens.verify(pair.access_token)).resolves.toMatchObject({ claims: { sub: 'ada' } })
  })
})
