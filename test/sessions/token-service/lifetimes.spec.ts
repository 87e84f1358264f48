import { describe, expect, it } from '@jest/globals'
import { InMemorySessionStore, type TokenPair, type TokenService } from '@nest-jwt-auth/core'
import { readToken } from '../../support/forge.js'
import { refreshTokenOf, start, START_SECONDS, withCode } from './start.js'

const expOf = (token: string) => readToken(token).claims['exp'] as number
/** More than records are kept beyond all tolerance. */
const TOLERANCE = 120
const tolerant = { accessToken: { expiresIn: '1h' }, clockTolerance: TOLERANCE }
/** Of what lives for an hour. */
const EXP = START_SECONDS + 3600
const tolerated: [string, number][] = [
  ['has just expired', EXP],
  ['is about to be refused as expired', EXP + TOLERANCE - 0.001],
]
const absolute = (sessionExpiresIn: string) => ({ refreshToken: { expiresIn: '1d', sessionExpiresIn } })

describe('the idle limit', () => {
  it('moves with every refresh', async () => {
    const { tokens, clock } = await start({ refreshToken: { expiresIn: '1d' } })
    let pair = await tokens.issue('ada')
    for (let day = 0; day < 5; day++) {
      clock.advance('23h')
      pair = await tokens.refresh(refreshTokenOf(pair))
    }

    expect(pair.refresh_expires_in).toBe(86_400)
    expect(await tokens.sessions('ada')).toHaveLength(1)
  })

  it('ends the session and its access tokens', async () => {
    const { tokens, clock } = await start({
      refreshToken: { expiresIn: '1h' },
      accessToken: { expiresIn: '2h' },
    })
    const pair = await tokens.issue('ada')
    const end = (START_SECONDS + 3600) * 1000
    clock.set(end - 1)
    await expect(tokens.verify(pair.access_token)).resolves.toBeDefined()
    clock.set(end)

    await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject(withCode('token_expired'))
    await expect(tokens.verify(pair.access_token)).rejects.toMatchObject(withCode('token_revoked'))
    expect(await tokens.sessions('ada')).toEqual([])
  })
})

describe('the absolute end of a session', () => {
  it('never moves, and caps what is issued', async () => {
    const { tokens, clock } = await start(absolute('2d'))
    const end = START_SECONDS + 2 * 86_400
    let pair: TokenPair = await tokens.issue('ada')
    expect(expOf(refreshTokenOf(pair))).toBe(START_SECONDS + 86_400)
    for (let round = 0; round < 3; round++) {
      clock.advance('15h')
      pair = await tokens.refresh(refreshTokenOf(pair))
      expect(expOf(refreshTokenOf(pair))).toBe(Math.min(START_SECONDS + (15 * (round + 1) + 24) * 3600, end))
    }
    clock.advance('175m')
    pair = await tokens.refresh(refreshTokenOf(pair))

    expect(expOf(pair.access_token)).toBe(end)
    expect(expOf(refreshTokenOf(pair))).toBe(end)
    expect([pair.expires_in, pair.refresh_expires_in]).toEqual([300, 300])
    clock.advance('5m')
    await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject(withCode('token_expired'))
    await expect(tokens.verify(pair.access_token)).rejects.toMatchObject(withCode('token_expired'))
  })

  it('caps the first access token, one that was asked to live longer, and one that never expires', async () => {
    const { tokens } = await start({ ...absolute('10m'), accessToken: { allowNever: true } })
    const end = START_SECONDS + 600
    const pairs = [
      await tokens.issue('ada'),
      await tokens.issue('ada', { expiresIn: '1d' }),
      await tokens.issue('ada', { expiresIn: 'never' }),
    ]

    for (const pair of pairs) {
      expect(expOf(pair.access_token)).toBe(end)
      expect(expOf(refreshTokenOf(pair))).toBe(end)
      expect(pair.expires_in).toBe(600)
      expect(pair.refresh_expires_in).toBe(600)
    }
  })

  it('leaves a shorter life as it is', async () => {
    const { tokens } = await start(absolute('10m'))
    const pair = await tokens.issue('ada', { expiresIn: '1m' })

    expect(pair.expires_in).toBe(60)
  })

  it('is not put off by clock tolerance', async () => {
    const { tokens, clock } = await start({ ...absolute('10m'), clockTolerance: '1m' })
    const pair = await tokens.issue('ada')
    clock.advance('10m')
    const { jti } = readToken(refreshTokenOf(pair)).claims

    await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject({
      ...withCode('token_expired'),
      details: { reason: expect.any(String), jti },
    })
  })
})

describe('clock tolerance', () => {
  it('lets a refresh token live a little longer, and its session with it', async () => {
    const { tokens, clock } = await start({ refreshToken: { expiresIn: '1h' }, clockTolerance: '1m' })
    const first = await tokens.issue('ada')
    clock.advance('3630s')
    const second = await tokens.refresh(refreshTokenOf(first))

    expect((await tokens.verify(second.access_token)).claims.sub).toBe('ada')
  })

  it.each(tolerated)('brings no revoked access token back that %s', async (_when, at) => {
    const { tokens, clock } = await start(tolerant)
    const [own, alone] = [(await tokens.issue('ada')).access_token, await tokens.issueAccessToken('ada')]
    const late = await tokens.issueAccessToken('ada')
    const others = [(await tokens.issue('ada')).access_token, await tokens.issueAccessToken('ada')]
    for (const token of [own, alone]) await tokens.revoke(token)
    clock.set(at * 1000)
    await tokens.verify(late)
    await tokens.revoke(late)

    for (const token of others) await tokens.verify(token)
    for (const token of [own, alone, late]) {
      await expect(tokens.verify(token)).rejects.toMatchObject(withCode('token_revoked'))
    }
    clock.set((EXP + TOLERANCE) * 1000)
    for (const token of [...others, own, alone, late]) {
      await expect(tokens.verify(token)).rejects.toMatchObject(withCode('token_expired'))
    }
  })

  it.each(tolerated)('brings no consumed one-time token back that %s', async (_when, at) => {
    const { tokens, clock } = await start(tolerant)
    const issue = () => tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })
    const [consumed, late, expired] = [await issue(), await issue(), await issue()]
    await tokens.consumeOneTimeToken('reset', consumed)
    clock.set(at * 1000)
    await tokens.consumeOneTimeToken('reset', late)

    for (const token of [consumed, late]) {
      await expect(tokens.consumeOneTimeToken('reset', token)).rejects.toMatchObject(
        withCode('token_revoked'),
      )
    }
    clock.set((EXP + TOLERANCE) * 1000)
    for (const token of [consumed, late, expired]) {
      await expect(tokens.consumeOneTimeToken('reset', token)).rejects.toMatchObject(
        withCode('token_expired'),
      )
    }
  })
})

describe('what is remembered of a token', () => {
  it.each<[string, (tokens: TokenService) => Promise<string>]>([
    ['a session', async (tokens) => refreshTokenOf(await tokens.issue('ada'))],
    [
      'a session that was refreshed',
      async (tokens) => refreshTokenOf(await tokens.refresh(refreshTokenOf(await tokens.issue('ada')))),
    ],
    [
      'a session whose login is shorter than usual',
      async (tokens) => refreshTokenOf(await tokens.issue('ada', { session: { expiresIn: '1h' } })),
    ],
    ['an access token without a session', (tokens) => tokens.issueAccessToken('ada')],
    [
      'an access token without a session that lives longer than usual',
      (tokens) => tokens.issueAccessToken('ada', { expiresIn: '90d' }),
    ],
    [
      'a revoked access token',
      async (tokens) => {
        const { access_token: token } = await tokens.issue('ada')
        await tokens.revoke(token)
        return token
      },
    ],
    ['a one-time token', (tokens) => tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })],
  ])('is kept until a minute after any verifier takes it: %s', async (_what, make) => {
    const store = new InMemorySessionStore()
    const { tokens } = await start({ ...tolerant, sessionStore: { useValue: store } })
    const end = (expOf(await make(tokens)) + TOLERANCE + 60) * 1000

    expect(await store.prune({ now: end - 1 })).toBe(0)
    expect(await store.prune({ now: end })).toBeGreaterThan(0)
  })
})

describe('a clock that goes back', () => {
  it('breaks no session', async () => {
    const { tokens, clock } = await start({ clockTolerance: '5m' })
    const first = await tokens.issue('ada')
    clock.advance('1m')
    const second = await tokens.refresh(refreshTokenOf(first))
    clock.advance('-2m')
    const third = await tokens.refresh(refreshTokenOf(second))

    expect((await tokens.verify(third.access_token)).claims.sub).toBe('ada')
    await expect(tokens.refresh(refreshTokenOf(first))).rejects.toMatchObject(withCode('refresh_reused'))
  })
})

describe('sessions.max', () => {
  it('ends the one unused the longest, by login or refresh, and its tokens', async () => {
    const { tokens, clock } = await start({ sessions: { max: 2 } })
    const first = await tokens.issue('ada')
    clock.advance('1m')
    const second = await tokens.issue('ada')
    const foreign = await tokens.issue('ben')
    clock.advance('1m')
    const used = await tokens.refresh(refreshTokenOf(first))
    clock.advance('1m')
    const third = await tokens.issue('ada')

    const left = (await tokens.sessions('ada')).map(({ id }) => id)
    expect(left).toEqual([third.sessionId, first.sessionId])
    await expect(tokens.verify(second.access_token)).rejects.toMatchObject(withCode('token_revoked'))
    await expect(tokens.refresh(refreshTokenOf(second))).rejects.toMatchObject(withCode('token_revoked'))
    for (const { access_token: token } of [used, third, foreign]) await tokens.verify(token)
  })

  it('does not count tokens without a session', async () => {
    const { tokens } = await start({ sessions: { max: 1 } })
    const pair = await tokens.issue('ada')
    await tokens.issueAccessToken('ada')

    await expect(tokens.verify(pair.access_token)).resolves.toBeDefined()
  })
})
