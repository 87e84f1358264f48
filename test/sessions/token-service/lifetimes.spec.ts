import { describe, expect, it } from '@jest/globals'
import type { TokenPair } from '@nest-jwt-auth/core'
import { readToken } from '../../support/forge.js'
import { refreshTokenOf, start, START_SECONDS, withCode } from './start.js'

const expOf = (token: string) => readToken(token).claims['exp'] as number
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
    clock.advance('1h')

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

    await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject(withCode('token_expired'))
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
