import { beforeAll, describe, expect, it } from '@jest/globals'
import { adapters, startApp, type RunningApp } from '../../support/adapters.js'
import { readToken } from '../../support/forge.js'
import { refused } from '../../support/refusals.js'
import { AppModule } from './app.js'

interface Pair {
  access_token: string
  refresh_token: string
}

describe.each(adapters)('an app that came from flask-jwt-extended, on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    app = await startApp(adapter, { imports: [AppModule] })
  })

  async function logIn(path: string): Promise<Pair> {
    const answer = await app.post(path, { username: 'test', password: 'test' })
    expect(answer.status).toBe(200)
    return answer.body as Pair
  }

  it('answers a bad login with 401, and with no token', async () => {
    const answer = await app.post('/login', { username: 'test', password: 'guess' })

    expect(answer).toMatchObject({ status: 401, body: { message: 'Wrong name or password' } })
    expect(answer.text).not.toContain('access_token')
  })

  it('reads an additional claim back in the protected route', async () => {
    const { access_token } = await logIn('/login')

    expect(await app.get('/protected', access_token)).toMatchObject({ status: 200, body: { foo: 'bar' } })
    expect(await app.get('/protected')).toMatchObject(refused(401, 'token_missing'))
  })

  it("puts the loader's claims into access and refresh tokens", async () => {
    const { access_token, refresh_token } = await logIn('/login')
    const access = await app.get('/protected/claims', access_token)
    const refresh = await app.get('/protected/refresh-claims', refresh_token)

    expect(access.body).toMatchObject({ sub: 'test', aud: 'some_audience', foo: 'bar', upcase_name: 'TEST' })
    expect(refresh.body).toMatchObject({ sub: 'test', foo: 'bar', upcase_name: 'TEST' })
  })

  it("lets the argument win where both name a claim, and keeps the loader's others", async () => {
    const { access_token, refresh_token } = await logIn('/login/partner')
    const custom = { foo: 'partner', contract: 7, upcase_name: 'TEST' }

    const access = await app.get('/protected/claims', access_token)
    expect(access.body).toMatchObject({ ...custom, aud: 'partner_audience' })
    const refresh = await app.get('/protected/refresh-claims', refresh_token)
    expect(refresh.body).toMatchObject(custom)
  })

  it('keeps the audience of an access token off the refresh token, which is for this app alone', async () => {
    const { refresh_token } = await logIn('/login/partner')

    expect(readToken(refresh_token).claims).not.toHaveProperty('aud')
  })

  it('never takes one kind of token for the other', async () => {
    const { access_token, refresh_token } = await logIn('/login')

    expect(await app.get('/protected', refresh_token)).toMatchObject(refused(401, 'token_wrong_type'))
    expect(await app.get('/protected/refresh-claims', access_token)).toMatchObject(
      refused(401, 'token_wrong_type'),
    )
  })
})
