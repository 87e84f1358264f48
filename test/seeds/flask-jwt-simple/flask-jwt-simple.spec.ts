import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, startApp, type RunningApp } from '../../support/adapters.js'
import { breakSignature, readToken } from '../../support/forge.js'
import { logs } from '../../support/logs.js'
import { refused } from '../../support/refusals.js'
import { simpleApp, WithoutExpiry, WithoutSubject } from './app.js'

const start = Date.parse('2030-01-01T00:00:00Z')
const now = start / 1000
const clock = new FakeClock(start)

const credentials = (username: string) => ({ username, password: `${username}-password` })

describe.each(adapters)('an app that came from flask-jwt-simple, on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    app = await startApp(adapter, simpleApp(), { clock })
  })

  beforeEach(() => clock.set(start))

  async function logIn(username: string): Promise<string> {
    const answer = await app.post('/login', credentials(username))
    return (answer.body as { jwt: string }).jwt
  }

  it('answers a bad login with 401', async () => {
    expect(await app.post('/login', { username: 'admin', password: 'guess' })).toMatchObject({ status: 401 })
  })

  it('signs what the loader returned, and nothing else', async () => {
    const dates = { exp: now + 3600, iat: now, nbf: now }

    expect(readToken(await logIn('admin')).claims).toEqual({ ...dates, sub: 'admin', roles: 'admin' })
    expect(readToken(await logIn('piers')).claims).toEqual({ ...dates, sub: 'piers', roles: 'peasant' })
  })

  it('answers the admin', async () => {
    expect(await app.get('/protected', await logIn('admin'))).toMatchObject({
      status: 200,
      body: { msg: 'Welcome, admin' },
    })
  })

  it('denies the peasant, in the words of the app', async () => {
    expect(await app.get('/protected', await logIn('piers'))).toMatchObject({
      status: 403,
      body: { errorCode: 'insufficient_claims', message: 'Permission denied' },
    })
  })

  it("checks the loader's own dates, and the signature", async () => {
    const token = await logIn('admin')

    expect(await app.get('/protected', breakSignature(token))).toMatchObject(
      refused(401, 'token_signature_invalid'),
    )
    clock.advance(3599)
    expect(await app.get('/protected', token)).toMatchObject({ status: 200 })
    clock.advance(1)
    expect(await app.get('/protected', token)).toMatchObject(refused(401, 'token_expired'))
    clock.set(start - 5000)
    expect(await app.get('/protected', token)).toMatchObject({ status: 200 })
    clock.set(start - 6000)
    expect(await app.get('/protected', token)).toMatchObject(refused(401, 'token_not_active'))
  })

  it.each([
    ['exp', WithoutExpiry],
    ['sub', WithoutSubject],
  ])('issues nothing where the loader forgets %s', async (claim, loader) => {
    const forgetful = await startApp(adapter, simpleApp(loader), { clock })
    logs.clear()
    const answer = await forgetful.post('/login', credentials('admin'))

    expect(answer).toMatchObject({ status: 500, body: { statusCode: 500 } })
    expect(answer.body).not.toHaveProperty('jwt')
    expect(logs.text('error')).toContain(claim)
  })

  it('was told at boot what it gave up', async () => {
    logs.clear()
    await startApp(adapter, simpleApp(), { clock })

    expect(logs.text('warn')).toMatch(/claimsMode.*jti.*not_revocable/)
  })
})
