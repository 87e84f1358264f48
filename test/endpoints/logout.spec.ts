import { beforeAll, describe, expect, it } from '@jest/globals'
import type { ClaimsLoaderContext, JwtAuthExtras } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters } from '../support/adapters.js'
import { breakSignature, reforge } from '../support/forge.js'
import { challengeOf, refused } from '../support/refusals.js'
import { type AuthClient, startAuth, type Tokens } from './app.js'

describe.each(adapters)('POST logout on $name', (adapter) => {
  const clock = new FakeClock()
  let client: AuthClient

  beforeAll(async () => {
    client = await startAuth(adapter, {}, { clock })
  })

  const ways: [string, (tokens: Tokens) => Parameters<AuthClient['logOut']>][] = [
    ['the access token in the header', (tokens) => [tokens.access_token]],
    ['the refresh token in the header', (tokens) => [tokens.refresh_token]],
    ['the access token in the body', ({ access_token: token }) => [undefined, { access_token: token }]],
    ['the refresh token in the body', ({ refresh_token: token }) => [undefined, { refresh_token: token }]],
    ['both', (tokens) => [tokens.access_token, { refresh_token: tokens.refresh_token }]],
  ]

  it.each(ways)('with %s: 204, and all tokens of the session are refused immediately', async (_, by) => {
    const tokens = await client.logIn()
    const answer = await client.logOut(...by(tokens))

    expect(answer).toMatchObject({ status: 204, text: '' })
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(await client.me(tokens.access_token)).toMatchObject(refused(401, 'token_revoked'))
    expect(await client.refresh(tokens.refresh_token)).toMatchObject(refused(401, 'token_revoked'))
  })

  it.each(ways)('with %s: 204 again when repeated', async (_, by) => {
    const tokens = await client.logIn()

    for (let round = 0; round < 3; round++) expect((await client.logOut(...by(tokens))).status).toBe(204)
  })

  it('leaves other sessions of the user alone', async () => {
    const [here, there] = [await client.logIn(), await client.logIn()]
    await client.logOut(here.access_token)

    expect((await client.me(there.access_token)).status).toBe(200)
  })

  it('takes an access token that has expired, while its session lives', async () => {
    const tokens = await client.logIn()
    clock.advance('1h')

    expect((await client.logOut(tokens.access_token)).status).toBe(204)
    expect(await client.refresh(tokens.refresh_token)).toMatchObject(refused(401, 'token_revoked'))
  })

  it('accepts a refresh token that was used, and one that has expired', async () => {
    const first = await client.logIn()
    const second = (await client.refresh(first.refresh_token)).body as Tokens

    expect((await client.logOut(undefined, { refresh_token: first.refresh_token })).status).toBe(204)
    expect(await client.me(second.access_token)).toMatchObject(refused(401, 'token_revoked'))
    clock.advance('31d')
    expect((await client.logOut(undefined, { refresh_token: second.refresh_token })).status).toBe(204)
  })

  it('revokes an access token that belongs to no session', async () => {
    const [one, other] = [await client.app.tokens.issueAccessToken('ada'), await client.logIn()]

    expect((await client.logOut(one)).status).toBe(204)
    expect(await client.me(one)).toMatchObject(refused(401, 'token_revoked'))
    expect((await client.me(other.access_token)).status).toBe(200)
    expect((await client.logOut(one)).status).toBe(204)
  })

  it('ends everything that is presented', async () => {
    const [one, other] = [await client.logIn(), await client.logIn()]
    await client.logOut(one.access_token, { refresh_token: other.refresh_token })

    expect(await client.me(one.access_token)).toMatchObject(refused(401, 'token_revoked'))
    expect(await client.me(other.access_token)).toMatchObject(refused(401, 'token_revoked'))
  })

  it("takes a token without jti and sid, of claimsMode: 'replace', that nothing can end", async () => {
    const bare = {
      useValue: { loadClaims: (_: unknown, { claims: { sub, exp } }: ClaimsLoaderContext) => ({ sub, exp }) },
    }
    const other = await startAuth(adapter, {
      claimsMode: 'replace',
      claimsLoader: bare as NonNullable<JwtAuthExtras['claimsLoader']>,
    })
    const [alone, { refresh_token: refresh }] = [
      await other.app.tokens.issueAccessToken('ada'),
      await other.logIn(),
    ]

    expect((await other.logOut(alone)).status).toBe(204)
    expect((await other.logOut(alone, { refresh_token: refresh })).status).toBe(204)
    expect(await other.refresh(refresh)).toMatchObject(refused(401, 'token_revoked'))
  })

  it('wants a token', async () => {
    for (const body of [undefined, {}, []]) {
      const answer = await client.logOut(undefined, body)
      expect(answer).toMatchObject(refused(401, 'token_missing'))
      expect(challengeOf(answer)).toEqual({ scheme: 'Bearer', parameters: {} })
    }
  })

  it('refuses a bad signature and a foreign key, and then ends nothing', async () => {
    const tokens = await client.logIn()
    const foreign = reforge(tokens.refresh_token, { secret: 'another-secret-of-at-least-32-bytes!' })
    for (const bad of [breakSignature(tokens.refresh_token), foreign]) {
      const answer = await client.logOut(tokens.access_token, { refresh_token: bad })
      expect(answer).toMatchObject(refused(401, 'token_signature_invalid'))
    }

    expect((await client.me(tokens.access_token)).status).toBe(200)
  })

  it('refuses a token of another type', async () => {
    const once = await client.app.tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })

    expect(await client.logOut(once)).toMatchObject(refused(401, 'token_wrong_type'))
    expect((await client.app.tokens.consumeOneTimeToken('reset', once)).claims.sub).toBe('ada')
  })

  it('finds the token wherever the module looks for tokens', async () => {
    const other = await startAuth(adapter, { locations: [{ header: 'x-token', scheme: null }] })
    const tokens = await other.logIn()
    const headers: [string, string][] = [['X-Token', tokens.access_token]]

    expect((await other.app.send({ method: 'POST', path: '/auth/logout', headers })).status).toBe(204)
    expect(await other.logOut(tokens.access_token)).toMatchObject(refused(401, 'token_missing'))
    expect(await other.refresh(tokens.refresh_token)).toMatchObject(refused(401, 'token_revoked'))
  })
})
