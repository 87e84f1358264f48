import { describe, expect, it } from '@jest/globals'
import { InMemorySessionStore, type JwtAuthError } from '@nest-jwt-auth/core'
import { breakSignature, reforge } from '../../support/forge.js'
import { refreshTokenOf, start, START, START_SECONDS, withCode, withUsage } from './start.js'

const revoked = withCode('token_revoked')

it('the reason of a refusal tells what was revoked', async () => {
  const { tokens, clock } = await start()
  const reasonOf = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: JwtAuthError) => error.details.reason,
    )
  const [alone, before] = [await tokens.issueAccessToken('ada'), await tokens.issueAccessToken('ben')]
  const [pair, used] = [await tokens.issue('cleo'), await tokens.issue('dora')]
  await tokens.revoke(alone)
  await tokens.revokeAll('ben')
  await tokens.revokeSession(String(pair.sessionId))
  await tokens.refresh(refreshTokenOf(used))
  clock.advance('11s')

  expect(await reasonOf(tokens.verify(alone))).toBe('the token was revoked')
  expect(await reasonOf(tokens.verify(before))).toMatch(/^all tokens of the subject were revoked/)
  expect(await reasonOf(tokens.verify(pair.access_token))).toBe('the session has ended')
  expect(await reasonOf(tokens.refresh(refreshTokenOf(used)))).toBe('the refresh token was used before')
})

describe('revoke', () => {
  it('of an access token: that token alone, its session goes on', async () => {
    const { tokens } = await start()
    const pair = await tokens.issue('ada')
    await tokens.revoke(pair.access_token)

    await expect(tokens.verify(pair.access_token)).rejects.toMatchObject(revoked)
    const next = await tokens.refresh(refreshTokenOf(pair))
    await expect(tokens.verify(next.access_token)).resolves.toBeDefined()
  })

  it('of an access token without a session: that token alone', async () => {
    const { tokens } = await start()
    const [one, other] = [await tokens.issueAccessToken('ada'), await tokens.issueAccessToken('ada')]
    await tokens.revoke(one)

    await expect(tokens.verify(one)).rejects.toMatchObject(revoked)
    await expect(tokens.verify(other)).resolves.toBeDefined()
  })

  it('of a refresh token: its session, with all that came from it', async () => {
    const { tokens } = await start()
    const first = await tokens.issue('ada')
    const second = await tokens.refresh(refreshTokenOf(first))
    await tokens.revoke(refreshTokenOf(second))

    await expect(tokens.verify(first.access_token)).rejects.toMatchObject(revoked)
    await expect(tokens.verify(second.access_token)).rejects.toMatchObject(revoked)
    await expect(tokens.refresh(refreshTokenOf(second))).rejects.toMatchObject(revoked)
  })

  it('of a refresh token that was spent: its session as well', async () => {
    const { tokens, clock } = await start()
    const first = await tokens.issue('ada')
    const second = await tokens.refresh(refreshTokenOf(first))
    clock.advance('20d')
    await tokens.revoke(refreshTokenOf(first))

    await expect(tokens.refresh(refreshTokenOf(second))).rejects.toMatchObject(revoked)
  })

  it('of what has expired or is dead already is no error', async () => {
    const { tokens, clock } = await start()
    const pair = await tokens.issue('ada')
    for (const token of [pair.access_token, pair.access_token, refreshTokenOf(pair), refreshTokenOf(pair)]) {
      await tokens.revoke(token)
    }
    clock.advance('40d')

    await expect(tokens.revoke(pair.access_token)).resolves.toBeUndefined()
    await expect(tokens.revoke(refreshTokenOf(pair))).resolves.toBeUndefined()
  })

  it('of what nobody accepts any more stores nothing', async () => {
    const { tokens, clock, sessions } = await start()
    const { access_token: token } = await tokens.issue('ada')
    const end = (START_SECONDS + 900 + 60) * 1000
    sessions.calls.length = 0
    await tokens.revoke(reforge(token, { claims: { sub: undefined } }))
    clock.set(end)
    await tokens.revoke(token)
    expect(sessions.calls).toEqual([])

    clock.set(end - 1)
    await tokens.revoke(token)
    expect(sessions.calls).toEqual(['revokeToken'])
  })

  it('of an access token that never expires holds for ever', async () => {
    const { tokens, clock } = await start({ accessToken: { allowNever: true } })
    const token = await tokens.issueAccessToken('ada', { expiresIn: 'never' })
    await tokens.revoke(token)
    clock.advance('5000d')

    await expect(tokens.verify(token)).rejects.toMatchObject(revoked)
  })

  it('throws for a bad signature, another type, and claims that no token has', async () => {
    const { tokens, sessions } = await start()
    const { access_token: token } = await tokens.issue('ada')
    const once = await tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })
    sessions.calls.length = 0

    await expect(tokens.revoke(breakSignature(token))).rejects.toMatchObject(
      withCode('token_signature_invalid'),
    )
    await expect(tokens.revoke('nonsense')).rejects.toMatchObject(withCode('token_malformed'))
    await expect(tokens.revoke(once)).rejects.toMatchObject(withCode('token_wrong_type'))
    await expect(tokens.revoke(reforge(token, { claims: { sid: 7 } }))).rejects.toMatchObject(
      withCode('token_claims_invalid'),
    )
    expect(sessions.calls).toEqual([])
  })

  it('of a payload without jti says that it can not be revoked', async () => {
    const { tokens } = await start({
      claimsMode: 'replace',
      claimsLoader: { useValue: { loadClaims: () => ({ sub: 'ada', exp: 4_000_000_000 }) } },
    })
    const token = await tokens.issueAccessToken('ada')

    await expect(tokens.revoke(token)).rejects.toMatchObject(withUsage('not_revocable'))
    await expect(tokens.verify(token)).resolves.toBeDefined()
  })
})

describe('revokeSession', () => {
  it('ends a session and says whether there was one', async () => {
    const { tokens } = await start()
    const pair = await tokens.issue('ada')
    const id = String(pair.sessionId)

    expect(await tokens.revokeSession(id, { subject: 'ben' })).toBe(false)
    await tokens.verify(pair.access_token)
    expect(await tokens.revokeSession(id, { subject: 'ada' })).toBe(true)
    await expect(tokens.verify(pair.access_token)).rejects.toMatchObject(revoked)
    expect(await tokens.revokeSession(id)).toBe(false)
  })

  it.each(['', ' ', 'a'.repeat(65), '../x', '\u0000', undefined, null, 7])(
    'asks no store for %j',
    async (id) => {
      const { tokens, sessions } = await start()

      expect(await tokens.revokeSession(id as string)).toBe(false)
      expect(sessions.calls).toEqual([])
    },
  )

  it('knows no session "__proto__"', async () => {
    expect(await (await start()).tokens.revokeSession('__proto__')).toBe(false)
  })
})

describe('revokeAll', () => {
  it('ends everything that was issued before, and nothing after, in the same instant', async () => {
    const { tokens } = await start()
    const [one, other] = [await tokens.issue('ada'), await tokens.issue('ada')]
    const alone = await tokens.issueAccessToken('ada')
    const once = await tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })
    const foreign = await tokens.issue('ben')

    expect(await tokens.revokeAll('ada')).toBe(2)
    const later = [(await tokens.issue('ada')).access_token, await tokens.issueAccessToken('ada')]
    for (const token of [one.access_token, other.access_token, alone]) {
      await expect(tokens.verify(token)).rejects.toMatchObject(revoked)
    }
    await expect(tokens.refresh(refreshTokenOf(one))).rejects.toMatchObject(revoked)
    await expect(tokens.consumeOneTimeToken('reset', once)).rejects.toMatchObject(revoked)
    for (const token of [...later, foreign.access_token]) await tokens.verify(token)
  })

  it('ends tokens that were issued before there were sessions, and is the first to do so', async () => {
    const { tokens: former } = await start({ refreshToken: false, sessionStore: undefined })
    const { tokens } = await start()
    const old = await former.issueAccessToken('ada')
    await expect(tokens.verify(old)).resolves.toBeDefined()
    const own = await tokens.issueAccessToken('ada')

    for (const token of [own, old]) await expect(tokens.verify(token)).resolves.toBeDefined()
    await tokens.revokeAll('ada')
    for (const token of [own, old]) await expect(tokens.verify(token)).rejects.toMatchObject(revoked)
  })

  it("ends tokens of claimsMode: 'replace' that name no session, and none that were issued after", async () => {
    const { tokens } = await start({
      claimsMode: 'replace',
      claimsLoader: { useValue: { loadClaims: () => ({ sub: 'ada', exp: 4_000_000_000 }) } },
    })
    const before = [await tokens.issueAccessToken('ada'), (await tokens.issue('ada')).access_token]
    await tokens.revokeAll('ada')
    const after = [await tokens.issueAccessToken('ada'), (await tokens.issue('ada')).access_token]

    for (const token of before) await expect(tokens.verify(token)).rejects.toMatchObject(revoked)
    for (const token of after) await expect(tokens.verify(token)).resolves.toBeDefined()
    await tokens.revokeAll('ada')
    for (const token of after) await expect(tokens.verify(token)).rejects.toMatchObject(revoked)
  })

  it.each([false, true])(
    'ends tokens by the sub that a claims loader wrote: isShared %s',
    async (isShared) => {
      const { tokens, sessions } = await start({
        claimsMode: 'replace',
        claimsLoader: { useValue: { loadClaims: () => ({ sub: 'tenant|ada', exp: 4_000_000_000 }) } },
      })
      Object.defineProperty(sessions.store, 'isShared', { value: isShared })
      await tokens.revokeAll('ada')
      const before = [await tokens.issueAccessToken('ada'), (await tokens.issue('ada')).access_token]
      for (const token of before) await tokens.verify(token)

      await tokens.revokeAll('ada')
      for (const token of before) await tokens.verify(token)
      await tokens.revokeAll('tenant|ada')
      for (const token of before) await expect(tokens.verify(token)).rejects.toMatchObject(revoked)
      await tokens.verify(await tokens.issueAccessToken('ada'))
    },
  )

  it('leaves the session of `except`', async () => {
    const { tokens } = await start()
    const [here, there] = [await tokens.issue('ada'), await tokens.issue('ada')]

    expect(await tokens.revokeAll('ada', { except: here.sessionId })).toBe(1)
    await tokens.verify(here.access_token)
    await tokens.refresh(refreshTokenOf(here))
    await expect(tokens.verify(there.access_token)).rejects.toMatchObject(revoked)
  })

  it.each([
    [400, '15m'],
    [500, '500d'],
  ])('is remembered for %d days, and no longer, where access tokens live for %s', async (days, expiresIn) => {
    const store = new InMemorySessionStore()
    const { tokens } = await start({ accessToken: { expiresIn }, sessionStore: { useValue: store } })
    await tokens.revokeAll('ada')
    const end = START + days * 86_400_000 + 60_000

    expect(await store.prune({ now: end - 1 })).toBe(0)
    expect(await store.prune({ now: end })).toBe(1)
  })

  it('holds for tokens that were issued for longer than is usual, and for ones that never expire', async () => {
    const { tokens, clock } = await start({ accessToken: { allowNever: true } })
    const long = await tokens.issueAccessToken('ada', { expiresIn: '90d' })
    const endless = await tokens.issueAccessToken('ada', { expiresIn: 'never' })
    await tokens.revokeAll('ada')
    clock.advance('80d')

    await expect(tokens.verify(long)).rejects.toMatchObject(revoked)
    await expect(tokens.verify(endless)).rejects.toMatchObject(revoked)
    await expect(tokens.verify(await tokens.issueAccessToken('ada'))).resolves.toBeDefined()
  })
})

describe('with refreshToken: false', () => {
  it('all that would remember says what to change', async () => {
    const { tokens } = await start({ refreshToken: false, sessionStore: undefined })
    const token = await tokens.issueAccessToken('ada')
    const disabled = withUsage('sessions_disabled')

    await expect(tokens.revoke(token)).rejects.toMatchObject(disabled)
    await expect(tokens.revokeAll('ada')).rejects.toMatchObject(disabled)
    await expect(tokens.revokeSession('some')).rejects.toMatchObject(disabled)
    await expect(tokens.sessions('ada')).rejects.toMatchObject(disabled)
    await expect(tokens.refresh(token)).rejects.toThrow('refreshToken: false')
  })
})
