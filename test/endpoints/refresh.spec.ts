import { beforeAll, describe, expect, it } from '@jest/globals'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters } from '../support/adapters.js'
import { breakSignature, readToken } from '../support/forge.js'
import { challengeOf, refused } from '../support/refusals.js'
import { type AuthClient, startAuth, type Tokens } from './app.js'

describe.each(adapters)('POST refresh on $name', (adapter) => {
  const clock = new FakeClock()
  let client: AuthClient

  beforeAll(async () => {
    client = await startAuth(adapter, {}, { clock })
  })

  it('answers 200 with the next pair of the same session', async () => {
    const first = await client.logIn()
    clock.advance(1)
    const answer = await client.refresh(first.refresh_token)

    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    const second = answer.body as Tokens
    const { claims } = readToken(second.access_token)
    expect(claims['sid']).toBe(readToken(first.access_token).claims['sid'])
    expect(claims['jti']).not.toBe(readToken(first.access_token).claims['jti'])
    expect(await client.me(second.access_token)).toMatchObject({ status: 200 })
  })

  it('gives two tabs the same successor, and ends the session when an older token comes back', async () => {
    const first = await client.logIn()
    const tabs = await Promise.all([client.refresh(first.refresh_token), client.refresh(first.refresh_token)])
    const [one, other] = tabs.map(({ body }) => (body as Tokens).refresh_token)
    expect(one).toBe(other)
    const { access_token: token } = (await client.refresh(one)).body as Tokens

    const replay = await client.refresh(first.refresh_token)
    expect(replay).toMatchObject(refused(401, 'refresh_reused'))
    expect(replay.headers['cache-control']).toBe('no-store')
    expect(challengeOf(replay)?.parameters['error']).toBe('invalid_token')
    expect(await client.me(token)).toMatchObject(refused(401, 'token_revoked'))
  })

  it('refuses everything that is not a refresh token of this app', async () => {
    const { access_token: access, refresh_token: refresh } = await client.logIn()
    const once = await client.app.tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })

    expect(await client.refresh(access)).toMatchObject(refused(401, 'token_wrong_type'))
    expect(await client.refresh(once)).toMatchObject(refused(401, 'token_wrong_type'))
    expect(await client.refresh(breakSignature(refresh))).toMatchObject(
      refused(401, 'token_signature_invalid'),
    )
    expect((await client.refresh(refresh)).status).toBe(200)
  })

  it('refuses one that has expired', async () => {
    const { refresh_token: token } = await client.logIn()
    clock.advance('30d')

    expect(await client.refresh(token)).toMatchObject(refused(401, 'token_expired'))
  })

  it('takes a refresh token from the body alone', async () => {
    const { refresh_token: token } = await client.logIn()

    expect(await client.app.post('/auth/refresh', {}, token)).toMatchObject(refused(401, 'token_missing'))
    expect(await client.app.post(`/auth/refresh?refresh_token=${token}`, {})).toMatchObject(
      refused(401, 'token_missing'),
    )
  })

  it('ignores an access token that is sent too, even a bad one', async () => {
    const { refresh_token: token } = await client.logIn()
    const answer = await client.app.post('/auth/refresh', { refresh_token: token }, 'expired.or.whatever')

    expect(answer.status).toBe(200)
  })
})
