import { describe, expect, it } from '@jest/globals'
import type { IssueOptions, SessionOptions, TokenPair } from '@nest-jwt-auth/core'
import { refreshTokenOf, start, START_SECONDS, withCode, withUsage } from './start.js'

const DAY = 86_400
const month = { refreshToken: { expiresIn: '30d', sessionExpiresIn: '90d' } }
const withSession = (session: SessionOptions): IssueOptions => ({ session })

describe('session.expiresIn of one login', () => {
  it('is its idle limit, at every refresh', async () => {
    const { tokens, clock } = await start(month)
    let pair: TokenPair = await tokens.issue('ada', withSession({ expiresIn: '1d' }))
    const usual = await tokens.issue('ben')
    for (let round = 0; round < 3; round++) {
      expect(pair.refresh_expires_in).toBe(DAY)
      clock.advance('23h')
      pair = await tokens.refresh(refreshTokenOf(pair), { claims: { tenant: String(round) } })
    }
    clock.advance('1d')

    await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject(withCode('token_expired'))
    expect(await tokens.sessions('ada')).toEqual([])
    expect((await tokens.refresh(refreshTokenOf(usual))).refresh_expires_in).toBe(30 * DAY)
  })

  it('lasts no longer than the module says by now, where that was shortened since', async () => {
    const before = await start(month)
    const pair = await before.tokens.issue('ada', withSession({ expiresIn: '20d' }))
    const after = await start({
      refreshToken: { expiresIn: '1d' },
      sessionStore: { useValue: before.sessions.store },
    })

    expect((await after.tokens.refresh(refreshTokenOf(pair))).refresh_expires_in).toBe(DAY)
  })

  it('stays as it is where the module was lengthened since, which is for all other logins', async () => {
    const before = await start({ refreshToken: { expiresIn: '1d' } })
    const own = await before.tokens.issue('ada', withSession({ expiresIn: '1d' }))
    const usual = await before.tokens.issue('ada')
    const after = await start({ ...month, sessionStore: { useValue: before.sessions.store } })

    expect((await after.tokens.refresh(refreshTokenOf(own))).refresh_expires_in).toBe(DAY)
    expect((await after.tokens.refresh(refreshTokenOf(usual))).refresh_expires_in).toBe(30 * DAY)
  })

  it('of zero means that it has ended already', async () => {
    const { tokens } = await start(month)
    const pair = await tokens.issue('ada', withSession({ expiresIn: 0 }))

    expect(pair.refresh_expires_in).toBe(0)
    await expect(tokens.verify(pair.access_token)).rejects.toMatchObject(withCode('token_revoked'))
    await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject(withCode('token_expired'))
    expect(await tokens.sessions('ada')).toEqual([])
  })
})

describe('session.sessionExpiresIn of one login', () => {
  it.each([month, { refreshToken: { expiresIn: '30d' } }])('is its absolute end: %j', async (settings) => {
    const { tokens, clock } = await start(settings)
    let pair: TokenPair = await tokens.issue('ada', withSession({ sessionExpiresIn: '2d' }))
    expect(pair.refresh_expires_in).toBe(2 * DAY)
    clock.advance('47h')
    pair = await tokens.refresh(refreshTokenOf(pair), { expiresIn: '2h' })

    expect([pair.expires_in, pair.refresh_expires_in]).toEqual([3600, 3600])
    clock.advance('1h')
    await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject(withCode('token_expired'))
    expect(START_SECONDS).toBeGreaterThan(0)
  })
})

describe('the lifetimes of one login', () => {
  it.each<SessionOptions>([
    { expiresIn: '31d' },
    { sessionExpiresIn: '91d' },
    { expiresIn: 'soon' },
    { sessionExpiresIn: '60' },
    { expiresIn: 'never' },
  ])('may shorten those of the module, no more: %j', async (session) => {
    const { tokens, sessions } = await start(month)
    await expect(tokens.issue('ada', withSession(session))).rejects.toMatchObject(
      withUsage('lifetime_invalid'),
    )
    expect(sessions.calls).toEqual([])
  })

  it('may be those of the module', async () => {
    const { tokens } = await start(month)
    const pair = await tokens.issue('ada', withSession({ expiresIn: '30d', sessionExpiresIn: '90d' }))
    expect(pair.refresh_expires_in).toBe(30 * DAY)
  })
})

describe('session.persistent', () => {
  it.each([
    [{}, true],
    [{ persistent: true }, true],
    [{ persistent: false }, false],
  ])('of %j is with a pair without a session too: %j', async (session, persistent) => {
    const { tokens } = await start({ refreshToken: false, sessionStore: undefined })
    expect((await tokens.issue('ada', withSession(session))).persistent).toBe(persistent)
  })

  it.each([
    [{}, true],
    [{ persistent: true }, true],
    [{ persistent: false }, false],
  ])('of %j is with the pair, and with those of every refresh: %j', async (session, persistent) => {
    const { tokens } = await start()
    const first = await tokens.issue('ada', withSession(session))
    const second = await tokens.refresh(refreshTokenOf(first), { claims: { tenant: 'b' } })
    const third = await tokens.refresh(refreshTokenOf(second))

    for (const pair of [first, second, third]) {
      expect(pair.persistent).toBe(persistent)
      expect(Object.keys(pair)).not.toContain('persistent')
    }
  })
})
