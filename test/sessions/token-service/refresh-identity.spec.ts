import { describe, expect, it } from '@jest/globals'
import { type IdentityLoaderContext, JwtAuthError, type JwtClaims } from '@nest-jwt-auth/core'
import { readToken } from '../../support/forge.js'
import { refreshTokenOf, start, withCode, withUsage } from './start.js'

interface User {
  id: string
  admin: boolean
}

async function startWithUsers() {
  const users = new Map<string, User>([['ada', { id: 'ada', admin: true }]])
  const asked: [JwtClaims, IdentityLoaderContext][] = []
  let meanwhile: (() => Promise<unknown>) | undefined
  const app = await start({
    identityLoader: {
      useValue: {
        loadIdentity: async (claims: JwtClaims, context: IdentityLoaderContext) => {
          asked.push([claims, context])
          await meanwhile?.()
          return users.get(claims.sub) ?? null
        },
      },
    },
    claimsLoader: { useValue: { loadClaims: ({ admin }: User) => (admin ? { is_admin: true } : {}) } },
  })
  const onLoad = (work: typeof meanwhile) => void (meanwhile = work)
  return { ...app, users, asked, ada: users.get('ada')!, onLoad }
}

describe('the identity at a refresh', () => {
  it('is loaded again, by the claims of the refresh token', async () => {
    const { tokens, asked, ada } = await startWithUsers()
    const pair = await tokens.issue(ada)
    await tokens.refresh(refreshTokenOf(pair))

    expect(asked).toEqual([[readToken(refreshTokenOf(pair)).claims, { purpose: 'refresh' }]])
  })

  it('that was demoted has no is_admin any more, in neither token', async () => {
    const { tokens, ada, users } = await startWithUsers()
    const first = await tokens.issue(ada)
    expect(readToken(first.access_token).claims).toMatchObject({ is_admin: true })
    users.set('ada', { ...ada, admin: false })
    const second = await tokens.refresh(refreshTokenOf(first))

    for (const token of [second.access_token, refreshTokenOf(second)]) {
      expect(readToken(token).claims).not.toHaveProperty('is_admin')
    }
    users.set('ada', ada)
    const third = await tokens.refresh(refreshTokenOf(second))
    expect(readToken(third.access_token).claims).toMatchObject({ is_admin: true })
  })

  it('that was demoted is demoted for the second tab as well', async () => {
    const { tokens, ada, users } = await startWithUsers()
    const first = await tokens.issue(ada)
    const one = await tokens.refresh(refreshTokenOf(first))
    users.set('ada', { ...ada, admin: false })
    const other = await tokens.refresh(refreshTokenOf(first))

    expect(readToken(other.access_token).claims).not.toHaveProperty('is_admin')
    const { jti, iat, exp } = readToken(refreshTokenOf(one)).claims
    expect(readToken(refreshTokenOf(other)).claims).toMatchObject({ jti, iat, exp })
  })

  it('that is gone ends the session once, for two tabs that refresh at the same time', async () => {
    const { tokens, ada, users, events } = await startWithUsers()
    const token = refreshTokenOf(await tokens.issue(ada))
    users.clear()
    events.length = 0
    const tabs = await Promise.allSettled([tokens.refresh(token), tokens.refresh(token)])

    expect(tabs).toMatchObject([1, 2].map(() => ({ reason: withCode('identity_unknown') })))
    expect(events.map(({ type }) => type)).toEqual(['session.revoked'])
  })

  it('that is gone ends the session', async () => {
    const { tokens, ada, users, events } = await startWithUsers()
    const pair = await tokens.issue(ada)
    users.clear()
    const refresh = () => tokens.refresh(refreshTokenOf(pair))

    await expect(refresh()).rejects.toMatchObject(withCode('identity_unknown'))
    expect(await tokens.sessions('ada')).toEqual([])
    await expect(tokens.verify(pair.access_token)).rejects.toMatchObject(withCode('token_revoked'))
    await expect(refresh()).rejects.toMatchObject(withCode('token_revoked'))
    expect(events.at(-1)).toMatchObject({
      type: 'session.revoked',
      subject: 'ada',
      sessionId: pair.sessionId,
    })
  })

  it.each([
    ['a refusal of the app', new JwtAuthError('store_unavailable')],
    ['an error that looks like ours', Object.assign(new Error('no user'), { errorCode: 'identity_unknown' })],
  ])('whose loader throws %s does not end the session', async (_, error) => {
    const { tokens, ada, events, onLoad } = await startWithUsers()
    const pair = await tokens.issue(ada)
    onLoad(() => Promise.reject(error))
    await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toBe(error)

    onLoad(undefined)
    expect(events.map(({ type }) => type)).toEqual(['token.issued'])
    await expect(tokens.refresh(refreshTokenOf(pair))).resolves.toBeDefined()
  })

  it('whose session ends while it is loaded gets no token', async () => {
    const { tokens, ada, onLoad } = await startWithUsers()
    const pair = await tokens.issue(ada)
    const { jti } = readToken(refreshTokenOf(pair)).claims
    onLoad(() => tokens.revokeSession(String(pair.sessionId)))

    await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject({
      ...withCode('token_revoked'),
      details: { reason: expect.any(String), jti },
    })
  })

  it('is the subject where there is no loader', async () => {
    const seen: unknown[] = []
    const claimsLoader = { useValue: { loadClaims: (identity: unknown) => void seen.push(identity) } }
    const { tokens } = await start({ claimsLoader })
    await tokens.refresh(refreshTokenOf(await tokens.issue('7')))

    expect(seen).toEqual(['7', '7', '7', '7'])
  })

  it.each([0, ''])('may be %j', async (identity) => {
    const seen: unknown[] = []
    const { tokens } = await start({
      subject: () => 'ada',
      identityLoader: { useValue: { loadIdentity: () => identity } },
      claimsLoader: { useValue: { loadClaims: (found: unknown) => void seen.push(found) } },
    })
    await tokens.refresh(refreshTokenOf(await tokens.issue(identity)))

    expect(seen).toEqual([identity, identity, identity, identity])
  })

  it('could not be found again without a loader, so an object is not issued for', async () => {
    const claimsLoader = { useValue: { loadClaims: () => ({}) } }
    const { tokens, sessions } = await start({ claimsLoader })

    await expect(tokens.issue({ id: 'ada' })).rejects.toMatchObject(withUsage('identity_loader_required'))
    await expect(tokens.issue({ id: 'ada' })).rejects.toThrow('identityLoader')
    expect(sessions.calls).toEqual([])
    await expect(tokens.issueAccessToken({ id: 'ada' })).resolves.toBeDefined()
  })
})
