import { ForbiddenException, Injectable, type ExecutionContext } from '@nestjs/common'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { Authenticator, type LoginCredentials } from '@nest-jwt-auth/core'
import { adapters, startApp } from '../support/adapters.js'
import { readToken } from '../support/forge.js'
import { refused } from '../support/refusals.js'
import { ada, authApp, type AuthClient, startAuth, type Tokens } from './app.js'

/** Knows identities that are easily taken for none, and says what it was handed. */
@Injectable()
class Curious extends Authenticator {
  readonly seen: unknown[] = []

  async authenticate({ username }: LoginCredentials, context: ExecutionContext) {
    this.seen.push(context.switchToHttp().getRequest<{ url: string }>().url, context.getHandler().name)
    const known: Record<string, unknown> = { zero: 0, nobody: undefined }
    if (username === 'broken') throw new Error('the directory is down')
    if (username === 'locked') throw new ForbiddenException('This account is locked.')
    return known[username]
  }
}

/** What a session that is opened with these headers is listed with. */
async function deviceOf(client: AuthClient, ...headers: [string, string][]): Promise<unknown> {
  const { body } = await client.app.send({ method: 'POST', path: '/auth/login', body: ada, headers })
  const sessions = await client.sessions((body as Tokens).access_token)
  return sessions.find(({ current }) => current)?.['metadata']
}

describe.each(adapters)('POST login on $name', (adapter) => {
  let client: AuthClient

  beforeAll(async () => {
    client = await startAuth(adapter)
  })

  it('answers 200 with the OAuth token response, which is not to be stored', async () => {
    const answer = await client.app.post('/auth/login', ada)

    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: expect.any(String),
      refresh_expires_in: 2_592_000,
    })
  })

  it('opens a session, and its access token is good', async () => {
    const { access_token: token } = await client.logIn()

    expect(await client.me(token)).toMatchObject({ status: 200, body: { sub: 'ada' } })
    const { sid } = readToken(token).claims
    expect((await client.sessions(token)).map(({ id }) => id)).toContain(sid)
  })

  it.each([
    { username: 'ada', password: 'second-engine' },
    { username: 'nobody', password: 'first-engine' },
    { username: 'ADA', password: 'first-engine' },
    { username: 'ada ', password: 'first-engine' },
  ])('refuses %j as credentials, with a bare challenge', async (credentials) => {
    const answer = await client.app.post('/auth/login', credentials)

    expect(answer).toMatchObject(refused(401, 'credentials_invalid'))
    expect(answer.headers['www-authenticate']).toBe('Bearer')
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('keeps the user agent with the session, at most 256 characters of it', async () => {
    expect(await deviceOf(client, ['User-Agent', 'Engine/1'])).toEqual({ userAgent: 'Engine/1' })
    expect(await deviceOf(client, ['User-Agent', 'x'.repeat(2000)])).toEqual({ userAgent: 'x'.repeat(256) })
    expect(await deviceOf(client)).toEqual({})
  })

  it('ignores other members of the body', async () => {
    const answer = await client.app.post('/auth/login', { ...ada, grant_type: 'password', admin: true })

    expect(answer.status).toBe(200)
  })

  it('has no rate limit', async () => {
    for (let round = 0; round < 30; round++) await client.app.post('/auth/login', { ...ada, password: 'no' })

    expect((await client.app.post('/auth/login', ada)).status).toBe(200)
  })

  it('can have another path and other names of members', async () => {
    const login = { path: 'enter', username: 'email', password: 'pass' }
    const { app } = await startAuth(
      adapter,
      { endpoints: { authenticator: Curious, login } },
      {
        override: (builder) =>
          builder.overrideProvider(Authenticator).useValue({ authenticate: () => 'ada' }),
      },
    )

    expect((await app.post('/auth/enter', { email: 'a', pass: 'b' })).status).toBe(200)
    expect(await app.post('/auth/enter', ada)).toMatchObject(refused(400, 'request_invalid'))
    expect((await app.post('/auth/login', ada)).status).toBe(404)
  })

  it('is the path of all routes itself where its own is empty', async () => {
    const endpoints = { authenticator: { useValue: new Curious() }, login: { path: '' } }
    const { app } = await startAuth(adapter, { endpoints })

    expect((await app.post('/auth', { username: 'zero', password: '-' })).status).toBe(200)
  })

  it('hands the authenticator the request; 0 is an identity, undefined is none, and a throw is a 500 or its own answer', async () => {
    const curious = new Curious()
    const endpoints = { authenticator: { useValue: curious }, login: true }
    const app = await startApp(adapter, authApp({ endpoints }))
    const logIn = (username: string) => app.post('/auth/login?from=here', { username, password: '-' })

    const { body } = await logIn('zero')
    expect(readToken((body as Tokens).access_token).claims['sub']).toBe('0')
    expect(curious.seen).toEqual(['/auth/login?from=here', 'login'])
    expect(await logIn('nobody')).toMatchObject(refused(401, 'credentials_invalid'))
    expect((await logIn('broken')).status).toBe(500)
    expect(await logIn('locked')).toMatchObject({ status: 403, body: { message: 'This account is locked.' } })
  })

  it('gives an access token alone where there are no sessions', async () => {
    const endpoints = { authenticator: { useValue: new Curious() }, login: true }
    const { app } = await startAuth(adapter, { refreshToken: false, sessionStore: undefined, endpoints })
    const { body } = await app.post('/auth/login', { username: 'zero', password: '-' })

    expect(Object.keys(body as object).toSorted()).toEqual(['access_token', 'expires_in', 'token_type'])
  })
})
