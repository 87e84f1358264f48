import { describe, expect, it } from '@jest/globals'
import { readToken, reforge } from '../../support/forge.js'
import { start, START_SECONDS, withCode, withUsage } from './start.js'

const hour = { expiresIn: '1h' }

describe('a one-time token', () => {
  it('says what it is for, whom, and how long', async () => {
    const { tokens } = await start({ issuer: 'https://shop.example', audience: 'shop' })
    const token = await tokens.issueOneTimeToken('password-reset', 'ada', { ...hour, claims: { step: 2 } })
    const { header, claims } = readToken(token)

    expect(header['typ']).toBe('password-reset+jwt')
    expect(claims).toEqual({
      iss: 'https://shop.example',
      aud: 'shop',
      sub: 'ada',
      iat: START_SECONDS,
      exp: START_SECONDS + 3600,
      jti: expect.any(String),
      step: 2,
    })
    const { kind, claims: verified } = await tokens.consumeOneTimeToken('password-reset', token)
    expect([kind, verified]).toEqual(['one-time', claims])
  })

  it('is good once, also of many uses at the same time', async () => {
    const { tokens } = await start()
    const token = await tokens.issueOneTimeToken('reset', 'ada', hour)
    const uses = await Promise.allSettled(
      Array.from({ length: 20 }, () => tokens.consumeOneTimeToken('reset', token)),
    )
    const refusals = uses.flatMap((use) => (use.status === 'rejected' ? [use.reason as unknown] : []))

    expect(refusals).toHaveLength(19)
    const { jti } = readToken(token).claims
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ ...withCode('token_revoked'), details: { jti } })
    }
  })

  it('is not burnt by a wrong purpose, a bad purpose or an outage', async () => {
    const { tokens, sessions } = await start()
    const token = await tokens.issueOneTimeToken('reset', 'ada', hour)
    await expect(tokens.consumeOneTimeToken('confirm', token)).rejects.toMatchObject(
      withCode('token_wrong_type'),
    )
    await expect(tokens.consumeOneTimeToken('No Purpose', token)).rejects.toMatchObject(
      withUsage('purpose_invalid'),
    )
    sessions.fail('before')
    await expect(tokens.consumeOneTimeToken('reset', token)).rejects.toMatchObject(
      withCode('store_unavailable'),
    )

    sessions.recover()
    expect((await tokens.consumeOneTimeToken('reset', token)).claims.sub).toBe('ada')
  })

  it('expires', async () => {
    const { tokens, clock } = await start()
    const token = await tokens.issueOneTimeToken('reset', 'ada', hour)
    clock.advance('1h')

    await expect(tokens.consumeOneTimeToken('reset', token)).rejects.toMatchObject(withCode('token_expired'))
  })

  it('is no access token and no refresh token, nor the other way round', async () => {
    const { tokens } = await start()
    const once = await tokens.issueOneTimeToken('reset', 'ada', hour)
    const pair = await tokens.issue('ada')
    const wrong = withCode('token_wrong_type')

    await expect(tokens.verify(once)).rejects.toMatchObject(wrong)
    await expect(tokens.verify(once, { kind: 'refresh' })).rejects.toMatchObject(wrong)
    await expect(tokens.refresh(once)).rejects.toMatchObject(wrong)
    await expect(tokens.consumeOneTimeToken('reset', pair.access_token)).rejects.toMatchObject(wrong)
  })

  it('is dead where no record of it is, however well it is signed', async () => {
    const { tokens } = await start()
    const token = await tokens.issueOneTimeToken('reset', 'ada', hour)
    const forged = reforge(token, { claims: { jti: '00000000-0000-4000-8000-000000000000' } })

    await expect(tokens.consumeOneTimeToken('reset', forged)).rejects.toMatchObject(withCode('token_revoked'))
  })

  it.each(['at', 'rt', '', 'Reset', 'a b', 'a+jwt', '1st', 'x'.repeat(62), undefined, null, ['reset']])(
    'has no purpose %j',
    async (purpose) => {
      const { tokens } = await start()
      const invalid = withUsage('purpose_invalid')
      const token = await tokens.issueOneTimeToken('reset', 'ada', hour)

      await expect(tokens.issueOneTimeToken(purpose as string, 'ada', hour)).rejects.toMatchObject(invalid)
      await expect(tokens.consumeOneTimeToken(purpose as string, token)).rejects.toMatchObject(invalid)
    },
  )

  it('sets no registered claims, and needs a life', async () => {
    const { tokens, sessions } = await start()
    const issue = (options: object) => tokens.issueOneTimeToken('reset', 'ada', { ...hour, ...options })

    await expect(issue({ claims: { sub: 'ben' } })).rejects.toMatchObject({ claim: 'sub' })
    await expect(issue({ expiresIn: '60' })).rejects.toMatchObject(withUsage('lifetime_invalid'))
    await expect(issue({ expiresIn: 'never' })).rejects.toMatchObject(withUsage('lifetime_invalid'))
    expect(sessions.calls).toEqual([])
  })
})
