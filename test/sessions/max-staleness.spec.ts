import { randomBytes } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import {
  type ClaimsLoaderContext,
  type EndInput,
  InMemorySessionStore,
  type JwtAuthOptions,
  JwtAuthModule,
  type LookUpInput,
  type LookUpResult,
  OpenConnections,
  type TokenPair,
  TokenService,
} from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../support/adapters.js'

/** Counts what it is asked; may hang, and hear of changes. */
class CountingStore extends InMemorySessionStore {
  lookUps = 0
  failing = false
  hanging = false
  /** While it is set, `lookUp` answers after this is resolved. */
  answersAfter: Promise<void> | undefined
  /** While it is set, `end` does nothing until this is resolved. */
  endsAfter: Promise<void> | undefined
  /** Whether `end` does its work and never says so. */
  endsSilently = false
  tell: (subject: string | undefined) => void = () => undefined

  override async lookUp(input: LookUpInput): Promise<LookUpResult> {
    this.lookUps++
    if (this.failing) throw new Error('no connection')
    if (this.hanging) return new Promise(() => undefined)
    await this.answersAfter
    return super.lookUp(input)
  }

  override async end(input: EndInput): Promise<boolean> {
    await this.endsAfter
    const ended = await super.end(input)
    return this.endsSilently ? new Promise(() => undefined) : ended
  }

  override watch(forget: (subject: string | undefined) => void): void {
    this.tell = forget
  }
}

const secret = randomBytes(32)

type SessionsCheck = NonNullable<JwtAuthOptions['sessions']>['check']

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => Reflect.get(Object(error), 'errorCode') as unknown,
  )

async function start(check: SessionsCheck = { maxStaleness: '1s' }, more: JwtAuthOptions['sessions'] = {}) {
  const [store, clock] = [new CountingStore(), new FakeClock()]
  const instance = async (options: JwtAuthOptions = { sessions: { check, ...more } }) => {
    const root = JwtAuthModule.forRoot({ secret, ...options, sessionStore: { useValue: store } })
    return (await startModule({ imports: [root] }, { clock })).get(TokenService)
  }
  // What another process does, on the same store.
  const elsewhere = await instance({})
  return { store, clock, tokens: await instance(), elsewhere }
}

/** The access tokens have this `jti`, or none. */
async function startWithJti(jti: { readonly jti?: string }) {
  const store = new CountingStore()
  const claimsLoader = {
    loadClaims: (_identity: unknown, { claims: { sub, exp, sid } }: ClaimsLoaderContext) => ({
      sub,
      exp,
      sid,
      ...jti,
    }),
  }
  const instance = async (check: SessionsCheck) => {
    const root = JwtAuthModule.forRoot({
      secret,
      claimsMode: 'replace',
      claimsLoader: { useValue: claimsLoader },
      sessionStore: { useValue: store },
      sessions: { check },
    })
    return (await startModule({ imports: [root] })).get(TokenService)
  }
  return { tokens: await instance({ maxStaleness: '5m' }), elsewhere: await instance('always') }
}

describe("sessions.check: 'always'", () => {
  it('asks for every token', async () => {
    const { store, tokens } = await start('always')
    const { accessToken } = await tokens.issue('ada')
    for (let use = 1; use <= 3; use++) {
      await tokens.verify(accessToken)
      expect(store.lookUps).toBe(use)
    }
  })
})

describe('sessions.check: { maxStaleness }', () => {
  it('asks once in that time, for a session, and for a token without one', async () => {
    const { store, clock, tokens } = await start()
    const { accessToken } = await tokens.issue('ada')
    for (const token of [accessToken, await tokens.issueAccessToken('bob')]) {
      store.lookUps = 0
      for (const wait of [0, 0, 0.5, 0.499]) {
        clock.advance(wait)
        await tokens.verify(token)
      }
      expect(store.lookUps).toBe(1)
      clock.advance('1ms')
      for (const wait of [0, 0, 0.5, 0.499]) {
        clock.advance(wait)
        await tokens.verify(token)
      }
      expect(store.lookUps).toBe(2)
    }
  })

  it('takes no answer about one token of a user for an answer about another', async () => {
    const { tokens, elsewhere } = await start()
    const [known, other] = [await tokens.issueAccessToken('ada'), await tokens.issueAccessToken('ada')]
    await tokens.verify(known)
    await elsewhere.revoke(other)
    expect(await refusal(tokens.verify(other))).toBe('token_revoked')
    await tokens.verify(known)
  })

  it('takes no answer about one token of a session for an answer about another', async () => {
    const { tokens, elsewhere } = await start()
    const first = await tokens.issue('ada')
    const { accessToken: other } = await tokens.refresh(first.refreshToken ?? '')
    await tokens.verify(first.accessToken)
    await elsewhere.revoke(other)
    expect(await refusal(tokens.verify(other))).toBe('token_revoked')
    await tokens.verify(first.accessToken)
  })

  it('remembers answers about many tokens at the same time', async () => {
    const { store, tokens } = await start()
    const all = [await tokens.issue('ada'), await tokens.issue('ada'), await tokens.issue('bob')]
    for (let use = 0; use < 2; use++) for (const { accessToken } of all) await tokens.verify(accessToken)
    expect(store.lookUps).toBe(3)
  })

  it('asks once for many requests at a time', async () => {
    const { store, tokens } = await start()
    const { accessToken } = await tokens.issue('ada')
    await Promise.all(Array.from({ length: 50 }, () => tokens.verify(accessToken)))
    expect(store.lookUps).toBe(1)
  })

  it('sees what another process revoked when the time is over, and no later', async () => {
    const { clock, tokens, elsewhere } = await start()
    const [pair, other] = [await tokens.issue('ada'), await tokens.issue('ada')]
    const [alone, single] = [await tokens.issueAccessToken('bob'), await tokens.issueAccessToken('eve')]
    const all = [pair.accessToken, other.accessToken, alone, single]
    for (const token of all) await tokens.verify(token)
    await elsewhere.revokeSession(pair.sessionId ?? '')
    await elsewhere.revoke(other.accessToken)
    await elsewhere.revokeAll('bob')
    await elsewhere.revoke(single)
    clock.advance('999ms')
    for (const token of all) await tokens.verify(token)
    clock.advance('1ms')
    for (const token of all) expect(await refusal(tokens.verify(token))).toBe('token_revoked')
  })

  it('counts from when it asked, not from when it last used the answer', async () => {
    const { clock, tokens, elsewhere } = await start()
    const { accessToken, sessionId = '' } = await tokens.issue('ada')
    await tokens.verify(accessToken)
    await elsewhere.revokeSession(sessionId)
    for (const wait of ['400ms', '400ms']) {
      clock.advance(wait)
      await tokens.verify(accessToken)
    }
    clock.advance('400ms')
    expect(await refusal(tokens.verify(accessToken))).toBe('token_revoked')
  })

  it.each<
    [what: string, revoke: (tokens: TokenService, first: TokenPair, last: TokenPair) => Promise<unknown>]
  >([
    ['a session', (tokens, { sessionId = '' }) => tokens.revokeSession(sessionId)],
    ['all of a subject', (tokens) => tokens.revokeAll('ada')],
    ['one token', (tokens, _first, { accessToken }) => tokens.revoke(accessToken)],
    [
      'the session of a refresh token that is used again',
      (tokens, { refreshToken = '' }) => refusal(tokens.refresh(refreshToken)),
    ],
  ])('sees at once what this process revoked: %s', async (_, revoke) => {
    const { tokens } = await start({ maxStaleness: '5m' })
    const first = await tokens.issue('ada')
    const second = await tokens.refresh(first.refreshToken ?? '')
    const last = await tokens.refresh(second.refreshToken ?? '')
    await tokens.verify(last.accessToken)
    await revoke(tokens, first, last)
    expect(await refusal(tokens.verify(last.accessToken))).toBe('token_revoked')
  })

  it('refuses nothing by what it remembers: what was issued after a revocation elsewhere is good at once', async () => {
    const { tokens, elsewhere } = await start()
    await tokens.verify(await tokens.issueAccessToken('ada'))
    await elsewhere.revokeAll('ada')
    const later = await elsewhere.issueAccessToken('ada')
    await tokens.verify(later)
    await tokens.verify(later)
  })

  it('checks refresh tokens every time: a refresh elsewhere makes no reuse of the next one', async () => {
    const { tokens, elsewhere } = await start()
    const first = await tokens.issue('ada')
    await tokens.verify(first.accessToken)
    const second = await elsewhere.refresh(first.refreshToken ?? '')
    await tokens.verify(second.refreshToken ?? '', { kind: 'refresh' })
    const third = await tokens.refresh(second.refreshToken ?? '')
    await elsewhere.revokeSession(third.sessionId ?? '')
    expect(await refusal(tokens.verify(third.refreshToken ?? '', { kind: 'refresh' }))).toBe('token_revoked')
    expect(await refusal(tokens.refresh(third.refreshToken ?? ''))).toBe('token_revoked')
  })

  it('remembers nothing about refresh tokens: what another process spent or revoked is refused at once', async () => {
    const { store, tokens, elsewhere } = await start({ maxStaleness: '5m' })
    const [first, other] = [await tokens.issue('ada'), await tokens.issue('ada')]
    const spent = first.refreshToken ?? ''
    for (const { refreshToken = '' } of [first, other]) await tokens.verify(refreshToken, { kind: 'refresh' })
    store.lookUps = 0
    await tokens.verify(spent, { kind: 'refresh' })
    expect(store.lookUps).toBe(1)
    await elsewhere.revokeSession(other.sessionId ?? '')
    const second = await elsewhere.refresh(spent)
    await elsewhere.refresh(second.refreshToken ?? '')
    expect(await refusal(tokens.verify(other.refreshToken ?? '', { kind: 'refresh' }))).toBe('token_revoked')
    expect(await refusal(tokens.verify(spent, { kind: 'refresh' }))).toBe('refresh_reused')
  })

  it('remembers no failure, and lets nobody in on an old answer', async () => {
    const { store, clock, tokens } = await start()
    const { accessToken } = await tokens.issue('ada')
    store.failing = true
    expect(await refusal(tokens.verify(accessToken))).toBe('store_unavailable')
    store.failing = false
    await tokens.verify(accessToken)
    store.failing = true
    await tokens.verify(accessToken)
    clock.advance('1s')
    expect(await refusal(tokens.verify(accessToken))).toBe('store_unavailable')
  })

  it('a store that never answers: everybody who waits is told so, and it is asked again afterwards', async () => {
    const { store, tokens } = await start({ maxStaleness: '5m' }, { timeout: '50ms' })
    const { accessToken } = await tokens.issue('ada')
    store.hanging = true
    const codes = await Promise.all(Array.from({ length: 20 }, () => refusal(tokens.verify(accessToken))))
    expect(new Set(codes)).toEqual(new Set(['store_unavailable']))
    expect(store.lookUps).toBe(1)
    store.hanging = false
    await tokens.verify(accessToken)
  })

  it('forgets a session that makes room for another', async () => {
    const { store, tokens } = await start({ maxStaleness: '5m' }, { max: 1 })
    const { accessToken } = await tokens.issue('ada')
    await tokens.verify(accessToken)
    store.lookUps = 0
    await tokens.verify(accessToken)
    expect(store.lookUps).toBe(0)
    await tokens.issue('ada')
    expect(await refusal(tokens.verify(accessToken))).toBe('token_revoked')
  })

  it.each([
    { heard: false, from: 'from before and after its older half was last dropped' },
    { heard: true, from: 'from both halves, when the store hears of a change by nobody knows whom' },
  ])('forgets what it remembers, $from', async ({ heard }) => {
    const { store, clock, tokens, elsewhere } = await start()
    const [one, other] = [await tokens.issue('ada'), await tokens.issue('ada')]
    await tokens.verify((await tokens.issue('bob')).accessToken)
    clock.advance('900ms')
    await tokens.verify(one.accessToken)
    clock.advance('100ms')
    await tokens.verify(other.accessToken)
    store.lookUps = 0
    for (const { accessToken } of [one, other]) await tokens.verify(accessToken)
    expect(store.lookUps).toBe(0)
    await (heard ? elsewhere : tokens).revokeAll('ada')
    if (heard) store.tell(undefined)
    for (const { accessToken } of [one, other]) {
      expect(await refusal(tokens.verify(accessToken))).toBe('token_revoked')
    }
  })

  it('forgets when a change is done that came after its time-out', async () => {
    const { store, tokens } = await start({ maxStaleness: '5m' }, { timeout: '50ms' })
    const { accessToken, sessionId = '' } = await tokens.issue('ada')
    let done = (): void => undefined
    store.endsAfter = new Promise((resolve) => (done = resolve))
    expect(await refusal(tokens.revokeSession(sessionId, { subject: 'ada' }))).toBe('store_unavailable')
    await tokens.verify(accessToken)
    done()
    await new Promise(setImmediate)
    expect(await refusal(tokens.verify(accessToken))).toBe('token_revoked')
  })

  it('forgets when a change has timed out, since it may have been made', async () => {
    const { store, tokens } = await start({ maxStaleness: '5m' }, { timeout: '50ms' })
    const { accessToken, sessionId = '' } = await tokens.issue('ada')
    await tokens.verify(accessToken)
    store.endsSilently = true
    expect(await refusal(tokens.revokeSession(sessionId, { subject: 'ada' }))).toBe('store_unavailable')
    expect(await refusal(tokens.verify(accessToken))).toBe('token_revoked')
  })

  it.each([
    { of: 'no jti', jti: {} },
    { of: 'the same jti', jti: { jti: 'always' } },
  ])(
    'takes no answer about one session of a user for an answer about another: tokens of $of',
    async ({ jti }) => {
      const { tokens, elsewhere } = await startWithJti(jti)
      const [known, other] = [await tokens.issue('ada'), await tokens.issue('ada')]
      await tokens.verify(known.accessToken)
      await elsewhere.revokeSession(other.sessionId ?? '')
      expect(await refusal(tokens.verify(other.accessToken))).toBe('token_revoked')
      await tokens.verify(known.accessToken)
    },
  )

  it('takes no answer about an access token of no jti for an answer about the refresh token beside it', async () => {
    const { tokens, elsewhere } = await startWithJti({})
    const first = await tokens.issue('ada')
    await tokens.verify(first.accessToken)
    const second = await elsewhere.refresh(first.refreshToken ?? '')
    const third = await elsewhere.refresh(second.refreshToken ?? '')
    await tokens.refresh(third.refreshToken ?? '')
  })

  it('remembers nothing about open connections: a revocation elsewhere ends them within half a minute', async () => {
    const store = new CountingStore()
    const [clock, sessions] = [new FakeClock(), { check: { maxStaleness: '5m' } }]
    const instance = async () =>
      startModule(
        { imports: [JwtAuthModule.forRoot({ secret, sessions, sessionStore: { useValue: store } })] },
        { clock },
      )
    const [module, elsewhere] = [await instance(), (await instance()).get(TokenService)]
    const tokens = module.get(TokenService)
    const { accessToken, sessionId = '' } = await tokens.issue('ada')
    const ended = new Promise((resolve) => {
      void tokens.verify(accessToken).then((token) => module.get(OpenConnections).add(token, resolve))
    })
    await tokens.verify(accessToken)
    await elsewhere.revokeSession(sessionId)
    await tokens.verify(accessToken)
    clock.advance('30s')
    expect(await ended).toBe('token_revoked')
  })

  it('remembers that a session lives, but not beyond its end', async () => {
    const { store, clock, tokens } = await start({ maxStaleness: '5m' })
    const { accessToken } = await tokens.issue('ada', { expiresIn: '60d' })
    clock.advance(30 * 86_400 - 1)
    await tokens.verify(accessToken)
    clock.advance('2s')
    store.lookUps = 0
    expect(await refusal(tokens.verify(accessToken))).toBe('token_revoked')
    expect(store.lookUps).toBe(1)
  })

  it('asks again when the clock went backwards', async () => {
    const { clock, tokens, elsewhere } = await start()
    const { accessToken, sessionId = '' } = await tokens.issue('ada')
    clock.advance('10m')
    await tokens.verify(accessToken)
    await elsewhere.revokeSession(sessionId)
    clock.advance('-5m')
    expect(await refusal(tokens.verify(accessToken))).toBe('token_revoked')
  })

  it.each([{ heard: 'ada' }, { heard: undefined }])(
    'forgets what the store hears of: $heard',
    async ({ heard }) => {
      const { store, tokens, elsewhere } = await start({ maxStaleness: '5m' })
      const { accessToken, sessionId = '' } = await tokens.issue('ada')
      await tokens.verify(accessToken)
      await elsewhere.revokeSession(sessionId)
      await tokens.verify(accessToken)
      store.tell('bob')
      await tokens.verify(accessToken)
      store.tell(heard)
      expect(await refusal(tokens.verify(accessToken))).toBe('token_revoked')
    },
  )

  it('forgets when the clock goes back, by however little: an old answer would live longer each time', async () => {
    const { clock, tokens, elsewhere } = await start()
    const { accessToken, sessionId = '' } = await tokens.issue('ada')
    await tokens.verify(accessToken)
    await elsewhere.revokeSession(sessionId)
    clock.advance('900ms')
    await tokens.verify(accessToken)
    clock.advance('-1ms')
    expect(await refusal(tokens.verify(accessToken))).toBe('token_revoked')
  })

  it('forgets when the clock goes back while requests wait for an answer', async () => {
    const { store, clock, tokens, elsewhere } = await start({ maxStaleness: '5m' })
    const [known, revoked] = [await tokens.issueAccessToken('ada'), await tokens.issueAccessToken('bob')]
    await tokens.verify(known)
    await elsewhere.revoke(revoked)
    let answer = (): void => undefined
    store.answersAfter = new Promise((resolve) => (answer = resolve))
    // The second one waits for the answer to the first one, and then asks for its own.
    const refusals = [refusal(tokens.verify(revoked)), refusal(tokens.verify(revoked))]
    await new Promise(setImmediate)
    clock.advance('-1m')
    answer()
    expect(await Promise.all(refusals)).toEqual(['token_revoked', 'token_revoked'])
    clock.advance('1m')
    store.lookUps = 0
    await tokens.verify(known)
    expect(store.lookUps).toBe(1)
  })

  it('forgets an answer that is still to come', async () => {
    const { store, tokens, elsewhere } = await start({ maxStaleness: '5m' })
    const { accessToken, sessionId = '' } = await tokens.issue('ada')
    const underWay = tokens.verify(accessToken)
    await elsewhere.revokeSession(sessionId)
    store.tell('ada')
    await refusal(underWay)
    expect(await refusal(tokens.verify(accessToken))).toBe('token_revoked')
  })

  it.each([
    'never',
    1,
    {},
    { maxStaleness: '1' },
    { maxStaleness: 0 },
    { maxStaleness: '6m' },
    { maxStaleness: '1s', max: 1 },
  ])('is no other than that: %j', async (check) => {
    await expect(start(check as 'always')).rejects.toThrow(/sessions\.check/)
  })

  it('forgets the oldest answer when 20,000 others have come after it', async () => {
    const { store, tokens, elsewhere } = await start({ maxStaleness: '5m' })
    const [known, revoked] = [await tokens.issueAccessToken('ada'), await tokens.issueAccessToken('bob')]
    await elsewhere.revoke(revoked)
    await tokens.verify(known)
    // Each refusal asks again, and is one more answer.
    for (let count = 0; count < 19_999; count++) await refusal(tokens.verify(revoked))
    store.lookUps = 0
    await tokens.verify(known)
    expect(store.lookUps).toBe(0)
    await refusal(tokens.verify(revoked))
    await tokens.verify(known)
    expect(store.lookUps).toBe(2)
  })
})
