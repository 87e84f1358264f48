import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, startApp, type RunningApp } from '../../support/adapters.js'
import { breakSignature, readToken } from '../../support/forge.js'
import { challengeOf } from '../../support/refusals.js'
import { AppModule } from './app.js'

interface Pair {
  access_token: string
  refresh_token: string
}

const start = Date.parse('2030-01-01T00:00:00Z')
const clock = new FakeClock(start)
const detail = expect.any(String)

describe.each(adapters)('an app that came from fastapi-jwt-auth, on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    app = await startApp(adapter, { imports: [AppModule] }, { clock })
  })

  beforeEach(() => clock.set(start))

  async function logIn(): Promise<Pair> {
    return (await app.post('/login', { username: 'test', password: 'test' })).body as Pair
  }

  it('answers a bad login with 401', async () => {
    const answer = await app.post('/login', { username: 'test', password: 'guess' })

    expect(answer).toMatchObject({ status: 401, body: { detail: 'Wrong name or password' } })
  })

  it('takes its settings from the factory class', async () => {
    const { exp, iat } = readToken((await logIn()).access_token).claims

    expect([iat, exp]).toEqual([start / 1000, start / 1000 + 900])
    expect(challengeOf(await app.get('/user'))?.parameters).toEqual({ realm: 'fastapi' })
  })

  it('knows the subject of the token', async () => {
    expect(await app.get('/user', (await logIn()).access_token)).toMatchObject({ body: { user: 'test' } })
  })

  it('hands a list among the claims to the protected route', async () => {
    const { access_token, refresh_token } = await logIn()

    expect((await app.get('/claims', access_token)).body).toEqual({ foo: ['fiz', 'baz'] })
    expect((await app.get('/claims/of-refresh', refresh_token)).body).toEqual({ foo: ['fiz', 'baz'] })
  })

  it('answers every refusal with its detail', async () => {
    const { access_token, refresh_token } = await logIn()
    const refusals = [
      await app.get('/user'),
      await app.get('/user', breakSignature(access_token)),
      await app.get('/user', refresh_token),
      await app.get('/claims/of-refresh', access_token),
      await app.send({ path: '/user', headers: [['Authorization', 'Bearer']] }),
    ]
    clock.advance('15m')
    refusals.push(await app.get('/user', access_token))

    expect(refusals.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401])
    for (const { body } of refusals) expect(body).toEqual({ detail })
    expect(new Set(refusals.map(({ text }) => text)).size).toBe(5)
  })

  it('answers a missing claim in the words of the route', async () => {
    const answer = await app.get('/claims/buz', (await logIn()).access_token)

    expect(answer).toMatchObject({ status: 403, body: { detail: 'Only for buz' } })
  })

  it('keeps the challenge, which the presenter left alone', async () => {
    const answer = await app.get('/user', 'not-a-token')

    expect(challengeOf(answer)?.parameters).toMatchObject({ realm: 'fastapi', error: 'invalid_token' })
  })
})
