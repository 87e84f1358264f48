import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { InMemorySessionStore, JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../../support/adapters.js'
import { logs } from '../../support/logs.js'
import { readToken, SECRET } from '../../support/forge.js'
import { refreshTokenOf, type Settings, start, START, withCode } from './start.js'

const jtiOf = (token: string) => readToken(token).claims['jti']

describe('JwtAuthEvents', () => {
  it('tells of what is issued, refreshed and revoked: whom, which session, when', async () => {
    const { tokens, events, clock } = await start()
    const first = await tokens.issue('ada')
    const { sessionId } = first
    clock.advance('1m')
    const second = await tokens.refresh(refreshTokenOf(first))
    const alone = await tokens.issueAccessToken('ben')
    await tokens.revokeSession(String(sessionId), { subject: 'ada' })
    await tokens.revokeAll('ben')
    const third = await tokens.issue('ada')
    await tokens.revoke(refreshTokenOf(third))
    const once = await tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })

    const at = new Date(START + 60_000)
    expect(events).toEqual([
      {
        type: 'token.issued',
        at: new Date(START),
        subject: 'ada',
        sessionId,
        jti: jtiOf(refreshTokenOf(first)),
      },
      { type: 'token.refreshed', at, subject: 'ada', sessionId, jti: jtiOf(refreshTokenOf(second)) },
      { type: 'token.issued', at, subject: 'ben', jti: jtiOf(alone) },
      { type: 'session.revoked', at, subject: 'ada', sessionId },
      { type: 'subject.revoked', at, subject: 'ben' },
      expect.objectContaining({ type: 'token.issued', sessionId: third.sessionId }),
      { type: 'session.revoked', at, subject: 'ada', sessionId: third.sessionId },
      { type: 'token.issued', at, subject: 'ada', jti: jtiOf(once) },
    ])
    expect(events.every((event) => Object.isFrozen(event))).toBe(true)
  })

  it('tells of reuse, once, and warns in the log', async () => {
    const { tokens, events, clock } = await start()
    const pair = await tokens.issue('ada')
    await tokens.refresh(refreshTokenOf(pair))
    clock.advance('11s')
    logs.clear()
    const jti = jtiOf(refreshTokenOf(pair))
    for (const code of ['refresh_reused', 'token_revoked']) {
      const refusal = { ...withCode(code), details: { jti } }
      await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject(refusal)
    }

    const reuse = events.filter(({ type }) => type === 'refresh.reused')
    expect(reuse).toEqual([
      {
        type: 'refresh.reused',
        at: new Date(START + 11_000),
        subject: 'ada',
        sessionId: pair.sessionId,
        jti,
      },
    ])
    expect(logs.text('warn')).toContain(String(pair.sessionId))
    expect(logs.text()).not.toContain(refreshTokenOf(pair))
  })

  it('warns of reuse in the log without a subscriber too', async () => {
    const clock = new FakeClock(START)
    const auth = JwtAuthModule.forRoot({ secret: SECRET, sessionStore: InMemorySessionStore })
    const tokens = (await startModule({ imports: [auth] }, { clock })).get(TokenService)
    const pair = await tokens.issue('ada')
    await tokens.refresh(refreshTokenOf(pair))
    clock.advance('11s')
    logs.clear()
    await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject(withCode('refresh_reused'))

    expect(logs.text('warn')).toContain(String(pair.sessionId))
  })

  it('tells nothing of what did not come to be', async () => {
    const { tokens, events, sessions } = await start()
    sessions.fail('before')
    await expect(tokens.issue('ada')).rejects.toMatchObject(withCode('store_unavailable'))
    await expect(tokens.issueAccessToken('ada')).rejects.toMatchObject(withCode('store_unavailable'))
    await expect(tokens.revokeAll('ada')).rejects.toMatchObject(withCode('store_unavailable'))
    sessions.fail('before', 'addOneTimeToken')
    await expect(tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })).rejects.toMatchObject(
      withCode('store_unavailable'),
    )
    sessions.recover()
    await tokens.revokeSession('00000000-0000-4000-8000-000000000000')

    expect(events).toEqual([])
  })

  it('tells nothing of tokens that the app itself prevents', async () => {
    const claimsSchema = z.object({ plan: z.string() })
    const { tokens, events } = await start({ claimsSchema })
    const refused = { code: 'claims_invalid' }
    await expect(tokens.issue('ada')).rejects.toMatchObject(refused)
    await expect(tokens.issueAccessToken('ada')).rejects.toMatchObject(refused)

    expect(events).toEqual([])
  })

  it.each([true, false])(
    'tells nothing of a pair that is too large for cookies (sessions: %p)',
    async (has) => {
      const withoutSessions: Settings = { refreshToken: false, sessionStore: undefined }
      const { tokens, events } = await start({ locations: ['cookie'], ...(has ? {} : withoutSessions) })
      const claims = { pad: 'x'.repeat(3200) } as object
      await expect(tokens.issue('ada', { claims })).rejects.toMatchObject({ code: 'cookie_too_large' })

      expect(events).toEqual([])
    },
  )

  it('tells nothing of a refresh that the store did not make', async () => {
    const { tokens, events, sessions } = await start()
    const pair = await tokens.issue('ada')
    sessions.fail('before', 'rotate')
    await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject(withCode('store_unavailable'))

    expect(events.map(({ type }) => type)).toEqual(['token.issued'])
  })
})
