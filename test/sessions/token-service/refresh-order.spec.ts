import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { readToken } from '../../support/forge.js'
import { logs } from '../../support/logs.js'
import { refreshTokenOf, start, withCode, withUsage } from './start.js'

/** An identity loader and a claims loader that do what `say` says, and keep what they were asked. */
function loaders() {
  const asked: string[] = []
  const say: Record<string, () => unknown> = {}
  const answer = (name: string, fallback: unknown) => {
    asked.push(name)
    return say[name]?.() ?? fallback
  }
  return {
    asked,
    say,
    settings: {
      identityLoader: { useValue: { loadIdentity: async () => answer('identity', { id: 'ada' }) } },
      claimsLoader: {
        useValue: {
          loadClaims: async (_: unknown, { kind }: { kind: string }) => answer(kind, {}) as object,
        },
      },
    },
  }
}

const failing = () => {
  throw new Error('the database is down')
}

describe('refresh works in this order: verify, ask, load, sign, rotate', () => {
  it('asks the store before it loads, and rotates last', async () => {
    const { asked, settings } = loaders()
    const { tokens, sessions } = await start(settings)
    const pair = await tokens.issue({ id: 'ada' })
    asked.length = 0
    sessions.calls.length = 0
    sessions.inputs.length = 0
    await tokens.refresh(refreshTokenOf(pair))

    // Only then must the store say what time it is.
    expect(sessions.inputs[0]).toMatchObject({ forRefresh: true })
    expect(asked).toEqual(['identity', 'access', 'refresh'])
    expect(sessions.calls).toEqual(['lookUp', 'rotate'])
  })

  it('neither asks nor loads for a token that does not verify', async () => {
    const { asked, settings } = loaders()
    const { tokens, sessions, clock } = await start(settings)
    const pair = await tokens.issue({ id: 'ada' })
    asked.length = 0
    sessions.calls.length = 0
    clock.advance('31d')

    await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject(withCode('token_expired'))
    await expect(tokens.refresh(pair.access_token)).rejects.toMatchObject(withCode('token_wrong_type'))
    await expect(tokens.refresh('nonsense')).rejects.toMatchObject(withCode('token_malformed'))
    await expect(tokens.refresh(undefined as unknown as string)).rejects.toMatchObject(
      withCode('token_malformed'),
    )
    expect([...asked, ...sessions.calls]).toEqual([])
  })

  it('loads nothing for a session whose absolute end only the clock tolerance puts off', async () => {
    const { asked, settings } = loaders()
    const refreshToken = { sessionExpiresIn: '10m' }
    const { tokens, clock } = await start({ ...settings, refreshToken, clockTolerance: '1m' })
    const pair = await tokens.issue({ id: 'ada' })
    clock.advance('10m')
    asked.length = 0

    await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject(withCode('token_expired'))
    expect(asked).toEqual([])
  })

  it('loads nothing for a session that has ended, or a token that was used before', async () => {
    const { asked, settings } = loaders()
    const { tokens, clock } = await start(settings)
    const [one, other] = [await tokens.issue({ id: 'ada' }), await tokens.issue({ id: 'ada' })]
    await tokens.revokeSession(String(one.sessionId))
    await tokens.refresh(refreshTokenOf(other))
    clock.advance('1m')
    asked.length = 0

    await expect(tokens.refresh(refreshTokenOf(one))).rejects.toMatchObject(withCode('token_revoked'))
    await expect(tokens.refresh(refreshTokenOf(other))).rejects.toMatchObject(withCode('refresh_reused'))
    expect(asked).toEqual([])
  })
})

describe('whatever throws before the rotation, the refresh token is still good', () => {
  it.each(['identity', 'access', 'refresh'])('a loader that throws for %s', async (name) => {
    const { say, settings } = loaders()
    const { tokens, sessions, clock } = await start(settings)
    const token = refreshTokenOf(await tokens.issue({ id: 'ada' }))
    say[name] = failing
    await expect(tokens.refresh(token)).rejects.toThrow('the database is down')
    expect(sessions.calls).not.toContain('rotate')

    delete say[name]
    clock.advance('1h')
    await expect(tokens.refresh(token)).resolves.toBeDefined()
  })

  it.each<[string, string, () => unknown, string]>([
    ['claims of a wrong shape', 'access', () => ['admin'], 'claims_loader_invalid'],
    ['a reserved claim', 'refresh', () => ({ jti: 'mine' }), 'claim_reserved'],
    ['claims over 8 KiB in the access token', 'access', () => ({ all: 'x'.repeat(9000) }), 'token_too_large'],
    [
      'claims over 8 KiB in the refresh token',
      'refresh',
      () => ({ all: 'x'.repeat(9000) }),
      'token_too_large',
    ],
    ['claims against the schema', 'access', () => ({ plan: 7 }), 'claims_invalid'],
    ['claims that are no JSON', 'access', () => ({ size: 7n }), 'claims_invalid'],
    ['an nbf that is none', 'access', () => ({ nbf: 'soon' }), 'claims_invalid'],
  ])('%s', async (_, kind, claims, code) => {
    const { say, settings } = loaders()
    const claimsSchema = z.object({ plan: z.string().optional() })
    const { tokens, sessions, clock } = await start({ ...settings, claimsSchema })
    const token = refreshTokenOf(await tokens.issue({ id: 'ada' }))
    say[kind] = claims
    await expect(tokens.refresh(token)).rejects.toMatchObject({ code })
    expect(sessions.calls).not.toContain('rotate')

    delete say[kind]
    clock.advance('1h')
    await expect(tokens.refresh(token)).resolves.toBeDefined()
  })

  it('options that are wrong', async () => {
    const { tokens, sessions } = await start()
    const token = refreshTokenOf(await tokens.issue('ada'))
    const wrong: [object, string][] = [
      [{ expiresIn: 'soon' }, 'lifetime_invalid'],
      [{ expiresIn: 'never' }, 'lifetime_invalid'],
      [{ claims: 'admin' }, 'claims_invalid'],
      [{ header: { kid: 'mine' } }, 'header_reserved'],
    ]
    for (const [options, code] of wrong) {
      await expect(tokens.refresh(token, options)).rejects.toMatchObject(withUsage(code))
    }
    await expect(tokens.refresh(token, { claims: { sub: 'ben' } as object })).rejects.toMatchObject({
      claim: 'sub',
    })
    expect(sessions.calls).not.toContain('rotate')

    await expect(tokens.refresh(token)).resolves.toBeDefined()
  })
})

describe('the store has the last word', () => {
  it('when the session ends while claims are loaded', async () => {
    const { say, settings } = loaders()
    const { tokens } = await start(settings)
    const pair = await tokens.issue({ id: 'ada' })
    say['access'] = () => tokens.revokeAll('ada').then(() => ({}))

    await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject(withCode('token_revoked'))
  })

  it('when another use of the same token comes first: both get one successor', async () => {
    const { say, settings } = loaders()
    const { tokens } = await start(settings)
    const token = refreshTokenOf(await tokens.issue({ id: 'ada' }))
    let nested: string | undefined
    say['access'] = () => {
      delete say['access']
      return tokens.refresh(token).then((pair) => {
        nested = refreshTokenOf(pair)
        return {}
      })
    }

    expect(refreshTokenOf(await tokens.refresh(token))).toBe(nested)
  })

  it('when another use comes first and there is no grace: the session is over', async () => {
    const { say, settings } = loaders()
    const { tokens, events } = await start({ ...settings, refreshToken: { reuseGrace: 0 } })
    const { refreshToken: token = '', sessionId } = await tokens.issue({ id: 'ada' })
    say['access'] = () => {
      delete say['access']
      return tokens.refresh(token).then(() => ({}))
    }
    logs.clear()

    await expect(tokens.refresh(token)).rejects.toMatchObject(withCode('refresh_reused'))
    expect(await tokens.sessions('ada')).toEqual([])
    const { jti } = readToken(token).claims
    const reused = events.filter(({ type }) => type === 'refresh.reused')
    expect(reused).toEqual([expect.objectContaining({ subject: 'ada', sessionId, jti })])
    expect(logs.text('warn')).toContain(sessionId)
  })
})
