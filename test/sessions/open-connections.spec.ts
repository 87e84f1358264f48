import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import {
  type ClaimsLoaderContext,
  JwtAuthModule,
  type JwtAuthOptions,
  type LookUpTokensResult,
  OpenConnections,
  SystemClock,
  type TokenPair,
  TokenService,
} from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { inSeconds, OtherParty } from '../issuers/foreign-app.js'
import { KEYS_URL, StubIssuer } from '../issuers/issuer-stub.js'
import { startModule } from '../support/adapters.js'
import { readToken } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { alarmsOf, type CountingStore, longSettled, secret, settled, start } from './connections-app.js'

/** The first millisecond of a minute. */
const MINUTE_BEGINS = Date.parse('2030-01-01T00:00:00Z')

const logged = (text: string) => logs.lines.filter((line) => line.text.includes(text))

describe('an open connection', () => {
  it('ends at exp, to the second, once', async () => {
    const { clock, tokens, connect } = await start()
    const { ended } = await connect((await tokens.issue('ada', { expiresIn: '1m' })).accessToken)
    clock.advance('59s')
    await longSettled()
    expect(ended).toEqual([])
    clock.advance('1s')
    expect(ended).toEqual(['token_expired'])
    clock.advance('1h')
    await longSettled()
    expect(ended).toEqual(['token_expired'])
  })

  it('ends in the millisecond in which its token expires', async () => {
    const { clock, tokens, connect } = await start()
    const token = await tokens.issueAccessToken('ada')
    const { ended } = await connect(token)
    const end = Number(readToken(token).claims['exp']) * 1000
    clock.set(end - 1)
    expect(ended).toEqual([])
    clock.set(end)
    expect(ended).toEqual(['token_expired'])
  })

  it('ends at exp although another one is opened meanwhile', async () => {
    const { clock, tokens, connect } = await start()
    clock.set(MINUTE_BEGINS)
    const { ended } = await connect(await tokens.issueAccessToken('ada', { expiresIn: 1 }))
    await connect(await tokens.issueAccessToken('bob'))
    clock.advance('1s')
    expect(ended).toEqual(['token_expired'])
  })

  it('lives as long as its token is accepted: clockTolerance counts', async () => {
    const { clock, tokens, connect } = await start({ clockTolerance: '10s' })
    const { ended } = await connect((await tokens.issue('ada', { expiresIn: '1m' })).accessToken)
    clock.advance('69s')
    expect(ended).toEqual([])
    clock.advance('1s')
    expect(ended).toEqual(['token_expired'])
  })

  it('never ends by itself where its token has no exp', async () => {
    const { clock, tokens, elsewhere, connect } = await start({ accessToken: { allowNever: true } })
    const token = await tokens.issueAccessToken('ada', { expiresIn: 'never' })
    const { ended } = await connect(token)
    clock.advance('365d')
    await longSettled()
    expect(ended).toEqual([])
    await elsewhere.revoke(token)
    clock.advance('30s')
    await longSettled()
    expect(ended).toEqual(['token_revoked'])
  })

  it('ends soon, but never inside add, where the token has expired since it was verified', async () => {
    const { clock, tokens, connections } = await start()
    const verified = await tokens.verify(await tokens.issueAccessToken('ada', { expiresIn: 1 }))
    clock.advance('2s')
    const ended: string[] = []
    connections.add(verified, (code) => ended.push(code))
    expect(ended).toEqual([])
    await settled()
    expect(ended).toEqual(['token_expired'])
  })

  it.each([
    {
      what: 'its session ended',
      revoke: (tokens: TokenService, pair: TokenPair) => tokens.revokeSession(pair.sessionId ?? ''),
    },
    {
      what: 'its access token was revoked',
      revoke: (tokens: TokenService, pair: TokenPair) => tokens.revoke(pair.accessToken),
    },
    { what: 'all of the subject was revoked', revoke: (tokens: TokenService) => tokens.revokeAll('ada') },
    {
      what: 'a refresh token was used twice',
      revoke: async (tokens: TokenService, { refreshToken: first = '' }: TokenPair) => {
        const { refreshToken = '' } = await tokens.refresh(first)
        await tokens.refresh(refreshToken)
        await tokens.refresh(first).catch(() => undefined)
      },
    },
    {
      what: 'a refresh token was used twice at the same time',
      revoke: (tokens: TokenService, { refreshToken = '' }: TokenPair) =>
        Promise.allSettled([tokens.refresh(refreshToken), tokens.refresh(refreshToken)]),
    },
  ])('ends when $what in this process: nothing else of the subject does', async ({ what, revoke }) => {
    const { store, tokens, connect } = await start({ refreshToken: { reuseGrace: 0 } })
    const pair = await tokens.issue('ada')
    const [{ ended }, other, stranger] = [
      await connect(pair.accessToken),
      await connect((await tokens.issue('ada')).accessToken),
      await connect((await tokens.issue('bob')).accessToken),
    ]
    store.asked = []
    await revoke(tokens, pair)
    await longSettled()
    expect(ended).toEqual(['token_revoked'])
    expect(other.ended).toEqual(what.startsWith('all') ? ['token_revoked'] : [])
    expect(stranger.ended).toEqual([])
    expect(store.asked).not.toContain('bob')
  })

  it("of another issuer's token is ended by nothing that the session store knows", async () => {
    const idp = new OtherParty('https://idp.example')
    const { store, clock, tokens, connect } = await start({
      issuer: 'https://app.example',
      issuers: [idp.options()],
    })
    const foreign = [await connect(idp.token()), await connect(idp.token({ sid: randomUUID() }))]
    clock.advance('30s')
    await longSettled()
    expect(store.questions).toEqual([])
    const own = await connect(await tokens.issueAccessToken('https://idp.example|ada'))
    await tokens.revokeAll('https://idp.example|ada')
    clock.advance('30s')
    await longSettled()
    expect(own.ended).toEqual(['token_revoked'])
    expect(foreign.map(({ ended }) => ended)).toEqual([[], []])
  })

  it('is spared by a sign-out of all other devices', async () => {
    const { tokens, connect } = await start()
    const [mine, other] = [await tokens.issue('ada'), await tokens.issue('ada')]
    const [{ ended }, gone] = [await connect(mine.accessToken), await connect(other.accessToken)]
    await tokens.revokeAll('ada', { except: mine.sessionId ?? '' })
    await longSettled()
    expect([ended, gone.ended]).toEqual([[], ['token_revoked']])
  })

  it('ends when one login too many has ended its session', async () => {
    const { clock, tokens, connect } = await start({ sessions: { max: 1 } })
    const { ended } = await connect((await tokens.issue('ada')).accessToken)
    clock.advance(1)
    await tokens.issue('ada')
    await longSettled()
    expect(ended).toEqual(['token_revoked'])
  })

  it('ends although the revocation came between the check of its token and add', async () => {
    const { clock, tokens, connections, connect } = await start()
    await connect((await tokens.issue('bob')).accessToken)
    for (const revoke of [
      (_token: string, id: string) => tokens.revokeSession(id),
      (_token: string, id: string) => tokens.revokeSession(id, { subject: 'ada' }),
      (token: string) => tokens.revoke(token),
      () => tokens.revokeAll('ada'),
    ]) {
      const { accessToken, sessionId = '' } = await tokens.issue('ada')
      // The login changed records too, and is to be forgotten.
      clock.advance('2m')
      const verified = await tokens.verify(accessToken)
      await revoke(accessToken, sessionId)
      const ended: string[] = []
      connections.add(verified, (code) => ended.push(code))
      await longSettled()
      expect(ended).toEqual(['token_revoked'])
    }
  })

  it.each([
    ['59s', ['token_revoked'], ['ada']],
    ['60s', [], []],
  ])('is remembered for a token that is added %s after it', async (since, codes, asked) => {
    const { store, clock, tokens, connections, connect } = await start()
    const { accessToken, sessionId = '' } = await tokens.issue('ada')
    await connect((await tokens.issue('bob', { expiresIn: '1m' })).accessToken)
    // The login changed records too, and is to be forgotten.
    clock.advance('2m')
    const verified = await tokens.verify(accessToken)
    await tokens.revokeSession(sessionId)
    clock.advance(since)
    await longSettled()
    store.asked = []
    const ended: string[] = []
    connections.add(verified, (code) => ended.push(code))
    await longSettled()
    expect([ended, store.asked]).toEqual([codes, asked])
  })

  it.each<[string, (tokens: TokenService, pair: TokenPair) => Promise<unknown>]>([
    ['revokeSession', (tokens, { sessionId = '' }) => tokens.revokeSession(sessionId)],
    ['revokeAll', (tokens) => tokens.revokeAll('ada')],
  ])('is not checked again because of a %s of another subject before it was added', async (_, revoke) => {
    const { store, clock, tokens, connect } = await start()
    const [pair, other] = [await tokens.issue('ada'), await tokens.issue('bob')]
    await connect(pair.accessToken)
    // The logins changed records too, and are to be forgotten.
    clock.advance('2m')
    await revoke(tokens, pair)
    await longSettled()
    const before = store.questions.length
    await connect(other.accessToken)
    await longSettled()
    expect(store.questions.slice(before)).toEqual([])
  })

  it('ends although the revocation came while the store was still being asked', async () => {
    const { store, clock, tokens, connect } = await start({ sessions: { timeout: '1m' } })
    const { accessToken, sessionId = '' } = await tokens.issue('ada')
    const { ended } = await connect(accessToken)
    let open = () => {}
    store.gate = new Promise((resolve) => (open = resolve))
    clock.advance('30s')
    await settled()
    await tokens.revokeSession(sessionId)
    open()
    await longSettled()
    expect(ended).toEqual(['token_revoked'])
  })
})

describe('a revocation in another process', () => {
  it('is noticed within 30 seconds', async () => {
    const { clock, tokens, elsewhere, connect } = await start()
    const pairs = [await tokens.issue('ada'), await tokens.issue('bob')]
    const alone = await tokens.issueAccessToken('eve')
    const all = []
    for (const token of [...pairs.map(({ accessToken }) => accessToken), alone])
      all.push(await connect(token))
    await elsewhere.revokeSession(pairs[0]?.sessionId ?? '')
    await elsewhere.revokeAll('bob')
    await elsewhere.revoke(alone)
    await longSettled()
    expect(all.flatMap(({ ended }) => ended)).toEqual([])
    clock.advance('30s')
    await longSettled()
    expect(all.map(({ ended }) => ended)).toEqual(all.map(() => ['token_revoked']))
  })

  it.each(['ada', 'bob'])(
    'is noticed within 30 seconds of a connection of %s where the clock was set back',
    async (subject) => {
      const { clock, tokens, elsewhere, connect } = await start()
      const { accessToken, sessionId = '' } = await tokens.issue('ada')
      const { ended } = await connect(accessToken)
      clock.advance('-2h')
      await elsewhere.revokeSession(sessionId)
      await connect(await tokens.issueAccessToken(subject))
      clock.advance('30s')
      await longSettled()
      expect(ended).toEqual(['token_revoked'])
    },
  )

  it('is noticed immediately where the store tells of it', async () => {
    const { store, tokens, elsewhere, connect } = await start()
    const { accessToken, sessionId = '' } = await tokens.issue('ada')
    const [{ ended }, other] = [
      await connect(accessToken),
      await connect((await tokens.issue('bob')).accessToken),
    ]
    await elsewhere.revokeSession(sessionId)
    await elsewhere.revokeAll('bob')
    store.asked = []
    store.tell('ada')
    await longSettled()
    expect([ended, other.ended, store.asked]).toEqual([['token_revoked'], [], ['ada']])
    store.tell(undefined)
    await longSettled()
    expect(other.ended).toEqual(['token_revoked'])
  })

  it('that the store told of before add is noticed too', async () => {
    const { store, tokens, elsewhere, connections, connect } = await start()
    await connect((await tokens.issue('bob')).accessToken)
    const verified = await tokens.verify((await tokens.issue('ada')).accessToken)
    await elsewhere.revokeAll('ada')
    store.tell(undefined)
    const ended: string[] = []
    connections.add(verified, (code) => ended.push(code))
    await longSettled()
    expect(ended).toEqual(['token_revoked'])
  })
})

describe('of the changes that many subjects make', () => {
  it('the last 1,000 are noticed by connections that were checked before and are added after', async () => {
    const { store, tokens, elsewhere, connections, connect } = await start()
    await connect((await tokens.issue('bob')).accessToken)
    const verified = await tokens.verify(await tokens.issueAccessToken('ada'))
    const change = (count: number) => {
      for (let user = 0; user < count; user++) store.tell(`user-${user}`)
    }
    store.tell('ada')
    change(999)
    await elsewhere.revokeAll('ada')
    store.tell('ada')
    change(998)
    store.tell('eve')
    const ended: string[] = []
    connections.add(verified, (code) => ended.push(code))
    await longSettled()
    expect(ended).toEqual(['token_revoked'])
  })

  it('the one before the last 1,000 is forgotten', async () => {
    const { store, tokens, connections, connect } = await start()
    await connect((await tokens.issue('bob')).accessToken)
    const verified = await tokens.verify(await tokens.issueAccessToken('ada'))
    store.tell('ada')
    for (let user = 0; user < 1000; user++) store.tell(`user-${user}`)
    await longSettled()
    store.asked = []
    connections.add(verified, () => undefined)
    await longSettled()
    expect(store.asked).toEqual([])
  })
})

describe('a session store that is down', () => {
  it('closes nobody, is logged once, and nothing stays open past exp', async () => {
    const { store, clock, tokens, elsewhere, connect } = await start()
    const { accessToken, sessionId = '' } = await tokens.issue('ada', { expiresIn: '10m' })
    const [{ ended }, other] = [
      await connect(accessToken),
      await connect(await tokens.issueAccessToken('bob', { expiresIn: '10m' })),
    ]
    await elsewhere.revokeSession(sessionId)
    store.failing = true
    for (let minute = 0; minute < 9; minute++) {
      clock.advance('1m')
      await longSettled()
    }
    expect([ended, other.ended]).toEqual([[], []])
    expect(logged('The session store is unavailable')).toHaveLength(1)
    store.failing = false
    clock.advance('30s')
    await longSettled()
    expect([ended, other.ended]).toEqual([['token_revoked'], []])
    store.failing = true
    clock.advance('30s')
    expect(other.ended).toEqual(['token_expired'])
  })
})

describe('a session store whose watch fails', () => {
  const rejections: unknown[] = []
  const keep = (error: unknown) => void rejections.push(error)
  beforeEach(() => {
    rejections.length = 0
    process.on('unhandledRejection', keep)
  })
  afterEach(() => void process.off('unhandledRejection', keep))

  it.each<[string, JwtAuthOptions]>([
    ['an open connection', {}],
    ['maxStaleness', { sessions: { check: { maxStaleness: '1s' } } }],
  ])('serves all the same where %s watches it, and is logged once', async (_, options) => {
    const { store, clock, tokens, elsewhere, connect } = await start(options)
    logs.clear()
    let watched = 0
    store.watch = () => {
      watched++
      throw new Error('no notifications')
    }
    const { accessToken, sessionId = '' } = await tokens.issue('ada')
    const { ended } = await connect(accessToken)
    for (let use = 0; use < 3; use++) await tokens.verify(accessToken)
    expect(watched).toBe(1)
    await elsewhere.revokeSession(sessionId)
    clock.advance('30s')
    await longSettled()

    expect(ended).toEqual(['token_revoked'])
    expect(logged('no notifications')).toHaveLength(watched)
    expect(logged('is unavailable')).toEqual([])
  })

  const gone = () => {
    throw new Error('no connection any more')
  }
  it.each<[string, () => unknown]>([
    ['the function that ends it throws', () => gone],
    ['the function that ends it rejects', () => () => Promise.reject(new Error('no connection any more'))],
    ['watch rejects', () => Promise.reject(new Error('no connection any more'))],
  ])('is closed with the app all the same, and is logged once, where only %s', async (_, watch) => {
    const [idp, issuer] = [new OtherParty('https://idp.example'), new StubIssuer()]
    issuer.publish(idp.key)
    const { module, store, clock, connect } = await start({
      issuer: 'https://app.example',
      issuers: [idp.options({ keys: undefined, jwksUrl: KEYS_URL, fetch: issuer.fetch })],
    })
    const alarms = alarmsOf(clock)
    store.watch = watch as CountingStore['watch']
    logs.clear()
    await connect(idp.token())
    const refreshes = [...alarms]
    expect(refreshes).not.toEqual([])
    await module.close()
    await settled()
    expect([...alarms]).toEqual([])
    expect(logged('watch of the session store')).toHaveLength(1)
    expect(logged('no connection any more')).toHaveLength(1)
    expect(rejections).toEqual([])
  })

  it('is not needed: a store without one is no failure', async () => {
    const { module, store, tokens, connect } = await start()
    logs.clear()
    Object.assign(store, { watch: undefined })
    await connect(await tokens.issueAccessToken('ada'))
    await module.close()
    expect(logs.lines).toEqual([])
  })

  it('is ended before the app closes what the store needs', async () => {
    const { module, store, tokens, connect } = await start()
    let isEnded = false
    store.watch = () => () => void (isEnded = true)
    await connect(await tokens.issueAccessToken('ada'))
    module.get(JwtAuthModule).onModuleDestroy()
    expect(isEnded).toBe(true)
    await module.close()
  })
})

describe('renew', () => {
  it('moves the end to that of the later token', async () => {
    const { clock, tokens, connect } = await start()
    const { accessToken, refreshToken = '' } = await tokens.issue('ada', { expiresIn: '1m' })
    const { ended, connection } = await connect(accessToken)
    clock.advance('50s')
    connection.renew(await tokens.verify((await tokens.refresh(refreshToken)).accessToken))
    clock.advance('14m')
    await longSettled()
    expect(ended).toEqual([])
    clock.advance('1m')
    expect(ended).toEqual(['token_expired'])
  })

  it('leaves the former token behind: its revocation ends nothing', async () => {
    const { tokens, connect } = await start()
    const [first, second] = [await tokens.issueAccessToken('ada'), await tokens.issueAccessToken('ada')]
    const { ended, connection } = await connect(first)
    connection.renew(await tokens.verify(second))
    await tokens.revoke(first)
    await longSettled()
    expect(ended).toEqual([])
    await tokens.revoke(second)
    await longSettled()
    expect(ended).toEqual(['token_revoked'])
  })

  it('and remove do nothing once the connection has ended', async () => {
    const { clock, tokens, connect } = await start()
    const { ended, connection } = await connect(await tokens.issueAccessToken('ada', { expiresIn: '1m' }))
    const later = await tokens.verify(await tokens.issueAccessToken('ada', { expiresIn: '2m' }))
    clock.advance('1m')
    connection.renew(later)
    connection.remove()
    connection.remove()
    clock.advance('2m')
    expect(ended).toEqual(['token_expired'])
  })
})

describe('the tokens of one subject', () => {
  it('are asked about with the ids that they have', async () => {
    const { store, clock, tokens, connect } = await start({
      claimsMode: 'replace',
      claimsLoader: {
        useValue: {
          loadClaims: (_: unknown, { claims: { sub, exp, sid } }: ClaimsLoaderContext) => ({ sub, exp, sid }),
        },
      },
    })
    const { accessToken, sessionId } = await tokens.issue('ada')
    const alone = await tokens.issueAccessToken('ada')
    for (const token of [accessToken, accessToken, alone]) await connect(token)
    clock.advance('30s')
    await longSettled()
    expect(store.questions).toEqual([{ subject: 'ada', sessionIds: [sessionId], jtis: [] }])
  })

  it('are asked about once when one of them is revoked in this process', async () => {
    const { store, tokens, connect } = await start()
    const { accessToken, sessionId = '' } = await tokens.issue('ada')
    await connect(accessToken)
    await connect((await tokens.issue('ada')).accessToken)
    await longSettled()
    const before = store.questions.length
    await tokens.revokeSession(sessionId, { subject: 'ada' })
    await longSettled()
    expect(store.questions.slice(before)).toHaveLength(1)
  })

  it('are not asked about because a session is refreshed that none of them is of', async () => {
    const { store, clock, tokens, connect } = await start()
    const [phone, laptop] = [await tokens.issue('ada'), await tokens.issue('ada')]
    await connect(phone.accessToken)
    const { refreshToken = '' } = await tokens.refresh(laptop.refreshToken ?? '')
    await tokens.revoke(refreshToken)
    await longSettled()
    expect(store.questions).toEqual([])
    clock.advance('30s')
    await longSettled()
    expect(store.questions).toHaveLength(1)
  })

  it('are asked about 400 at a time, one question after the other, however many there are', async () => {
    const { store, clock, tokens, elsewhere, connect } = await start({ sessions: { timeout: '1m' } })
    const all = []
    for (let tab = 0; tab < 900; tab++) {
      const pair = await tokens.issue('ada')
      all.push({ ...(await connect(pair.accessToken)), pair })
    }
    await elsewhere.revokeSession(all[899]?.pair.sessionId ?? '')
    store.asked = []
    store.most = 0
    const before = store.questions.length
    clock.advance('30s')
    await longSettled()
    expect([store.asked, store.most]).toEqual([['ada', 'ada', 'ada'], 1])
    expect(store.questions.slice(before).map(({ jtis }) => jtis.length)).toEqual([400, 400, 100])
    expect(all.flatMap(({ ended }) => ended)).toEqual(['token_revoked'])
    expect(all[899]?.ended).toEqual(['token_revoked'])
  })
})

describe('the store', () => {
  it('is asked about each subject once in 30 seconds, at a whole second, and not about many in the same one', async () => {
    const { store, clock, tokens, connect } = await start()
    clock.set(MINUTE_BEGINS)
    const subjects = Array.from(
      { length: 100 },
      (_, user) => `https://idp.example/users/of/a/long/name|${user}`,
    )
    for (const subject of subjects) await connect(await tokens.issueAccessToken(subject))
    store.asked = []
    const perSecond: number[] = []
    const all: string[] = []
    for (let second = 0; second < 30; second++) {
      clock.advance('500ms')
      await longSettled()
      expect(store.asked).toEqual([])
      clock.advance('500ms')
      await longSettled()
      perSecond.push(store.asked.length)
      all.push(...store.asked)
      store.asked = []
    }
    expect(all.toSorted()).toEqual(subjects.toSorted())
    expect(Math.max(...perSecond)).toBeLessThan(20)
  })

  it('is asked about no session for tokens without one', async () => {
    const { store, clock, tokens, connect } = await start()
    const first = await connect(await tokens.issueAccessToken('ada'))
    const { accessToken, sessionId } = await tokens.issue('ada')
    const second = await connect(accessToken)
    clock.advance('30s')
    await longSettled()
    const { sessionIds = [], jtis = [] } = store.questions.at(-1) ?? {}
    // `toEqual` would take an array of undefined for an empty one.
    expect(JSON.stringify(sessionIds)).toBe(JSON.stringify([sessionId]))
    expect(jtis).toHaveLength(2)
    expect([first.ended, second.ended]).toEqual([[], []])
  })

  it('that gives an answer without sense ends nobody, and is logged', async () => {
    const { store, clock, tokens, connect } = await start()
    const { ended } = await connect(await tokens.issueAccessToken('ada'))
    store.lookUpTokens = () => Promise.resolve({} as LookUpTokensResult)
    logs.clear()
    clock.advance('30s')
    await longSettled()
    expect(ended).toEqual([])
    expect(logs.text('error')).toContain('TypeError')
  })
})

describe('a token whose key is gone', () => {
  it('ends its connection within 30 seconds, with or without sessions', async () => {
    const { tokens } = await start()
    const [ada, bob] = [
      await tokens.verify(await tokens.issueAccessToken('ada')),
      await tokens.verify(await tokens.issueAccessToken('bob')),
    ]
    const clock = new FakeClock()
    const gone = new Set<unknown>()
    const connections = new OpenConnections({
      clock,
      clockTolerance: 0,
      sessions: undefined,
      hasKeyOf: (token) => !gone.has(token),
      onChange: () => () => undefined,
      onFailure: () => undefined,
    })
    const ended: string[] = []
    connections.add(ada, (code) => ended.push(`ada ${code}`))
    connections.add(bob, (code) => ended.push(`bob ${code}`))
    clock.advance('1m')
    expect(ended).toEqual([])
    gone.add(ada)
    clock.advance('30s')
    expect(ended).toEqual(['ada token_revoked'])
    gone.add(bob)
    connections.endWithoutKey()
    expect(ended).toEqual(['ada token_revoked', 'bob token_revoked'])
  })
})

describe("a foreign token whose issuer has given its key's name to another key", () => {
  it('ends its connection within 30 seconds, and no connection of the new key', async () => {
    const [idp, successor] = [new OtherParty('https://idp.example'), new OtherParty('https://idp.example')]
    const issuer = new StubIssuer()
    issuer.publish(idp.key)
    const { clock, connect } = await start({
      issuer: 'https://app.example',
      issuers: [idp.options({ keys: undefined, jwksUrl: KEYS_URL, fetch: issuer.fetch })],
    })
    const exp = inSeconds(3600)
    const old = await connect(idp.token({ exp }))
    issuer.publish(successor.key)
    clock.advance('10m')
    await longSettled()
    const { ended } = await connect(successor.token({ exp }))
    clock.advance('30s')
    await longSettled()
    expect([old.ended, ended]).toEqual([['token_revoked'], []])
  })
})

describe('an end function', () => {
  /** Two tabs of one token; whichever is ended first removes the other. */
  async function pair() {
    const app = await start()
    const token = await app.tokens.issueAccessToken('ada', { expiresIn: '1m' })
    const verified = await app.tokens.verify(token)
    const ended: string[] = []
    const one = app.connections.add(verified, (code) => (ended.push(`one ${code}`), other.remove()))
    const other = app.connections.add(verified, (code) => (ended.push(`other ${code}`), one.remove()))
    return { ...app, token, ended }
  }

  it('may remove another connection, which is then not ended: at exp', async () => {
    const { clock, ended } = await pair()
    clock.advance('1m')
    await longSettled()
    expect(ended).toEqual(['one token_expired'])
  })

  it('may remove another connection, which is then not ended: at a revocation', async () => {
    const { tokens, token, ended } = await pair()
    await tokens.revoke(token)
    await longSettled()
    expect(ended).toEqual(['one token_revoked'])
  })

  it('is not called again where it renews its own connection, or adds one', async () => {
    const { clock, tokens, connections } = await start()
    const verified = await tokens.verify(await tokens.issueAccessToken('ada', { expiresIn: '1m' }))
    const later = await tokens.verify(await tokens.issueAccessToken('ada', { expiresIn: '2m' }))
    const ended: string[] = []
    const connection = connections.add(verified, (code) => {
      ended.push(`first ${code}`)
      connection.renew(later)
      connections.add(later, (next) => ended.push(`second ${next}`))
    })
    clock.advance('1m')
    expect(ended).toEqual(['first token_expired'])
    clock.advance('1m')
    expect(ended).toEqual(['first token_expired', 'second token_expired'])
  })
})

describe('an end function that fails', () => {
  it('is logged, and all other connections are ended', async () => {
    const { clock, tokens, connections, connect } = await start()
    logs.clear()
    const verified = await tokens.verify(await tokens.issueAccessToken('ada'))
    connections.add(verified, () => {
      throw new Error('no socket')
    })
    connections.add(verified, () => Promise.reject(new Error('no stream')))
    const { ended } = await connect(await tokens.issueAccessToken('ada'))
    clock.advance('15m')
    await longSettled()
    expect(ended).toEqual(['token_expired'])
    expect(logged('could not be closed')).toHaveLength(2)
  })
})

describe('an app', () => {
  it('starts and asks nothing before the first connection, and nothing for connections that have gone', async () => {
    const { store, clock, tokens, connect } = await start()
    await tokens.issue('ada')
    clock.advance('5m')
    expect([store.watching, store.asked]).toEqual([0, []])
    const { ended, connection } = await connect((await tokens.issue('ada')).accessToken)
    expect(store.watching).toBe(1)
    connection.remove()
    store.asked = []
    store.tell('ada')
    clock.advance('1h')
    await longSettled()
    expect([ended, store.asked]).toEqual([[], []])
  })

  it('has one alarm while it has connections, however they come and go, and none without them', async () => {
    const { clock, tokens, connections } = await start()
    const alarms = alarmsOf(clock)
    const [soon, later] = [
      await tokens.verify(await tokens.issueAccessToken('ada', { expiresIn: '1m' })),
      await tokens.verify(await tokens.issueAccessToken('bob', { expiresIn: '10m' })),
    ]
    const [one, other] = [connections.add(later, () => undefined), connections.add(soon, () => undefined)]
    expect(alarms.size).toBe(1)
    one.remove()
    expect(alarms.size).toBe(1)
    other.renew(later)
    expect(alarms.size).toBe(1)
    other.remove()
    expect(alarms.size).toBe(0)
    connections.add(soon, () => undefined)
    clock.advance('1m')
    expect(alarms.size).toBe(0)
  })

  it('asks nothing more once it begins to close, however much there was to ask', async () => {
    let open = () => {}
    const patient = { sessions: { timeout: '1m' } } as const
    const { module, store, tokens, connections } = await start(patient, () => open())
    for (let subject = 0; subject < 25; subject++) {
      const token = await tokens.verify(await tokens.issueAccessToken(`user ${subject}`))
      // More than one question can hold.
      for (let tab = 0; tab < 401; tab++) connections.add(token, () => undefined)
    }
    store.gate = new Promise((resolve) => (open = resolve))
    store.asked = []
    store.tell(undefined)
    await settled()
    expect(store.asked).toHaveLength(20)
    await module.close()
    await longSettled()
    expect(store.asked).toHaveLength(20)
  })

  it('asks nothing while it closes, ends connections at exp until it has closed, and releases everything', async () => {
    const { module, store, clock, tokens, connect } = await start({}, (running) => running.advance('1m'))
    const { ended } = await connect(await tokens.issueAccessToken('ada', { expiresIn: '1m' }))
    const other = await connect(await tokens.issueAccessToken('ada', { expiresIn: '10m' }))
    store.asked = []
    await module.close()
    expect(store.watching).toBe(0)
    const late = await connect(await tokens.issueAccessToken('ada', { expiresIn: '10m' }))
    clock.advance('1h')
    await longSettled()
    expect([ended, other.ended, late.ended]).toEqual([['token_expired'], [], []])
    expect(store.questions).toEqual([])
  })

  it.each([undefined, { check: { maxStaleness: '1s' } }])(
    'listens to its store no more once it has closed, whatever is asked then: sessions %j',
    async (sessions) => {
      const { module, store, tokens, connect } = await start({ sessions })
      const { accessToken, sessionId = '' } = await tokens.issue('ada')
      await connect(accessToken)
      expect(store.watching).toBe(1)
      await module.close()
      await tokens.verify(accessToken)
      await tokens.revokeSession(sessionId)
      await connect(await tokens.issueAccessToken('ada'))
      expect(store.watching).toBe(0)
    },
  )

  it('does not begin to listen to its store while it closes', async () => {
    let verify = (): unknown => undefined
    const check = { maxStaleness: '1s' } as const
    const { module, store, tokens, elsewhere } = await start({ sessions: { check } }, () => verify())
    const token = await elsewhere.issueAccessToken('ada')
    const before = store.watching
    verify = () => tokens.verify(token)
    await module.close()
    expect(store.watching).toBe(before)
  })

  it.each([
    { what: 'without sessions', sessions: undefined, isClosing: false },
    { what: 'once it begins to close', sessions: { findEnded: () => Promise.resolve([]) }, isClosing: true },
  ])('listens to no changes $what', async ({ sessions, isClosing }) => {
    const { tokens } = await start()
    let listening = 0
    const connections = new OpenConnections({
      clock: new FakeClock(),
      clockTolerance: 0,
      sessions,
      hasKeyOf: () => true,
      onChange: () => {
        listening++
        return () => undefined
      },
      onFailure: () => undefined,
    })
    if (isClosing) connections.stopChecking()
    connections.add(await tokens.verify(await tokens.issueAccessToken('ada')), () => undefined)
    expect(listening).toBe(0)
  })

  it('without sessions ends connections at exp, and asks nothing', async () => {
    const clock = new FakeClock()
    const root = JwtAuthModule.forRoot({ secret, refreshToken: false })
    const module = await startModule({ imports: [root] }, { clock })
    const tokens = module.get(TokenService)
    const ended: string[] = []
    logs.clear()
    module.get(OpenConnections).add(await tokens.verify(await tokens.issueAccessToken('ada')), (code) => {
      ended.push(code)
    })
    clock.advance('1m')
    await longSettled()
    clock.advance('14m')
    expect(ended).toEqual(['token_expired'])
    expect(logs.lines).toEqual([])
  })
})

describe("the system's clock", () => {
  it('wakes when its time has come, not before, and not once it is cancelled', async () => {
    const clock = new SystemClock()
    const time = clock.now() + 20
    let isWoken = false
    clock.wakeAt(time, () => (isWoken = true))()
    const woken = new Promise<number>((resolve) => void clock.wakeAt(time, () => resolve(clock.now())))
    // Its timer does not keep the process alive.
    const alive = setInterval(() => undefined, 1000)
    expect(await woken).toBeGreaterThanOrEqual(time)
    clearInterval(alive)
    expect(isWoken).toBe(false)
  })

  it('waits for a time that is farther than a timer of Node.js can count', async () => {
    const woken: number[] = []
    const cancel = new SystemClock().wakeAt(Date.now() + 2 ** 33, () => woken.push(1))
    await longSettled()
    cancel()
    expect(woken).toEqual([])
  })

  describe('with a time that is minutes away', () => {
    const MINUTE = 60_000

    beforeEach(() => void jest.useFakeTimers())
    afterEach(() => void jest.useRealTimers())

    it('wakes then, and once', () => {
      const clock = new SystemClock()
      const start = clock.now()
      const woken: number[] = []
      clock.wakeAt(start + 2.5 * MINUTE, () => woken.push(clock.now() - start))
      jest.advanceTimersByTime(10 * MINUTE)
      expect(woken).toEqual([2.5 * MINUTE])
    })

    it('does not wake if it is cancelled after some of them, and leaves no timer', () => {
      const clock = new SystemClock()
      const woken: number[] = []
      const cancel = clock.wakeAt(clock.now() + 2.5 * MINUTE, () => woken.push(1))
      jest.advanceTimersByTime(2 * MINUTE + 1)
      cancel()
      expect(jest.getTimerCount()).toBe(0)
      jest.advanceTimersByTime(10 * MINUTE)
      expect(woken).toEqual([])
    })

    it('wakes within a minute of a clock that was set past it', () => {
      const clock = new SystemClock()
      const woken: number[] = []
      clock.wakeAt(clock.now() + 90 * MINUTE, () => woken.push(1))
      jest.advanceTimersByTime(1)
      jest.setSystemTime(clock.now() + 100 * MINUTE)
      jest.advanceTimersByTime(MINUTE)
      expect(woken).toEqual([1])
    })
  })
})
