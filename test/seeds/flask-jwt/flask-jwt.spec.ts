import type { ExecutionContext } from '@nestjs/common'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, startApp, type RunningApp } from '../../support/adapters.js'
import { breakSignature, readToken, reforge } from '../../support/forge.js'
import { challengeOf } from '../../support/refusals.js'
import { flaskJwtApp, users, type AppSettings } from './app.js'

const start = Date.parse('2030-01-01T00:00:00Z')
const now = start / 1000
const clock = new FakeClock(start)
const ada = { username: 'ada', password: 'first engine' }

const protectedWith = (authorization: string) => ({
  path: '/protected',
  headers: [['Authorization', authorization]] as [string, string][],
})

/** `@jwt.request_handler`. */
const ticketOf = (context: ExecutionContext) => {
  const { url } = context.switchToHttp().getRequest<{ url: string }>()
  return /[?&]ticket=([^&]+)/.exec(url)?.[1]
}

const refusedWith = (error: string) => ({
  status: 401,
  body: { status_code: 401, error, description: expect.any(String) },
})

describe.each(adapters)('an app that came from Flask-JWT, on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    app = await startApp(adapter, flaskJwtApp(), { clock })
  })

  beforeEach(() => clock.set(start))

  async function logIn(to = app, credentials: object = ada, path = '/auth'): Promise<string> {
    return ((await to.post(path, credentials)).body as { access_token: string }).access_token
  }

  const startWith = (settings: AppSettings) => startApp(adapter, flaskJwtApp(settings), { clock })

  it('answers /auth with a token, which knows the current identity', async () => {
    const answer = await app.send(protectedWith(`JWT ${await logIn()}`))

    expect(answer).toMatchObject({ status: 200, body: { username: 'ada' } })
  })

  it.each<[object, string]>([
    [{ username: 'ada' }, 'request_invalid'],
    [{ username: 'bogus', password: 'bogus' }, 'credentials_invalid'],
    [{}, 'request_invalid'],
    [[], 'request_invalid'],
  ])('answers the bad login %j in the words of the error handler', async (credentials, code) => {
    expect(await app.post('/auth', credentials)).toMatchObject(refusedWith(code))
  })

  it('takes the fields of /auth by the names that are configured', async () => {
    const other = await startWith({ fields: { username: 'email', password: 'pass' } })

    expect(await logIn(other, { email: 'ada', pass: 'first engine' })).toEqual(expect.any(String))
    expect(await other.post('/auth', ada)).toMatchObject(refusedWith('request_invalid'))
  })

  it('takes the scheme JWT without case, and no other', async () => {
    const token = await logIn()

    for (const scheme of ['JWT', 'jwt', 'Jwt']) {
      expect(await app.send(protectedWith(`${scheme} ${token}`))).toMatchObject({ status: 200 })
    }
    expect(await app.send(protectedWith(`Bearer ${token}`))).toMatchObject(refusedWith('token_missing'))
  })

  it('challenges with the scheme and the realm', async () => {
    const answer = await app.get('/protected')

    expect(answer).toMatchObject(refusedWith('token_missing'))
    expect(answer.headers['www-authenticate']).toBe('JWT realm="Login Required"')
    expect(challengeOf(await app.send(protectedWith('JWT')))).toMatchObject({
      scheme: 'JWT',
      parameters: { realm: 'Login Required', error: 'invalid_token' },
    })
  })

  it.each([
    ['JWT', 'token_malformed'],
    ['JWT one two', 'token_malformed'],
    ['Bogus one', 'token_missing'],
  ])('refuses "Authorization: %s" with %s', async (authorization, code) => {
    expect(await app.send(protectedWith(authorization))).toMatchObject(refusedWith(code))
  })

  it('signs the payload and the header that the handlers make', async () => {
    const { header, claims } = readToken(await logIn(app, ada, '/auth/sharded'))

    expect(claims).toMatchObject({ identity: 1, iat: now, nbf: now, exp: now + 300 })
    expect(header).toMatchObject({ shard: 'shard-1', alg: 'HS256' })
  })

  it('refuses a token that is changed', async () => {
    expect(await app.send(protectedWith(`JWT ${breakSignature(await logIn())}`))).toMatchObject(
      refusedWith('token_signature_invalid'),
    )
  })

  it('lets a token live for the expiration delta and the leeway', async () => {
    const token = await logIn()

    clock.set(start + 309_000)
    expect(await app.send(protectedWith(`JWT ${token}`))).toMatchObject({ status: 200 })
    clock.set(start + 310_000)
    expect(await app.send(protectedWith(`JWT ${token}`))).toMatchObject(refusedWith('token_expired'))
  })

  it('lets a token begin after the not-before delta, but for the leeway', async () => {
    const later = await startWith({ options: { accessToken: { expiresIn: 300, notBefore: 60 } } })
    const token = await logIn(later)

    clock.set(start + 49_000)
    expect(await later.send(protectedWith(`JWT ${token}`))).toMatchObject(refusedWith('token_not_active'))
    clock.set(start + 50_000)
    expect(await later.send(protectedWith(`JWT ${token}`))).toMatchObject({ status: 200 })
  })

  it.each(['exp', 'iat', 'nbf', 'identity'])('really requires the claim %s', async (name) => {
    const token = reforge(await logIn(), { claims: { [name]: undefined } })

    expect(await app.send(protectedWith(`JWT ${token}`))).toMatchObject(refusedWith('token_claims_invalid'))
  })

  it('refuses the token of a user who is gone', async () => {
    const token = await logIn()
    const [first] = users.splice(0, 1)
    const answer = await app.send(protectedWith(`JWT ${token}`))
    users.unshift(first!)

    expect(answer).toMatchObject(refusedWith('identity_unknown'))
  })

  it('reads the token from wherever the request handler finds it', async () => {
    const other = await startWith({ options: { locations: [ticketOf] } })
    const token = await logIn(other)

    expect(await other.get(`/protected?ticket=${token}`)).toMatchObject({ body: { username: 'ada' } })
    expect(await other.send(protectedWith(`JWT ${token}`))).toMatchObject(refusedWith('token_missing'))
  })
})
