import { beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { InMemorySessionStore, KeyService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { TokenVerifier } from '../../packages/core/src/token/token-verifier.js'
import { adapters, type RunningApp } from '../support/adapters.js'
import { breakSignature } from '../support/forge.js'
import { refused } from '../support/refusals.js'
import { ada } from '../endpoints/app.js'
import { START, TestKeyStore, WRAP } from '../keys/fleet.js'
import { failingStore } from '../sessions/token-service/failing-store.js'
import { startCookies } from './app.js'
import { Browser } from './browser.js'
import { CookieJar } from './cookie-jar.js'
import { access, expectCleared, refresh, tokenIn } from './token-cookies.js'

describe.each(adapters)('logout in cookie mode on $name', (adapter) => {
  const clock = new FakeClock()
  let app: RunningApp
  let browser: Browser

  const newBrowser = (): Browser => new Browser(app, new CookieJar(() => clock.now()))

  beforeAll(async () => {
    app = await startCookies(adapter, { locations: ['header', 'cookie'] }, { clock })
  })

  beforeEach(async () => {
    browser = newBrowser()
    expect((await browser.post('/auth/login', ada)).status).toBe(200)
  })

  it('a logout ends the session, clears all cookies, and can be repeated', async () => {
    const [accessToken, refreshToken] = [tokenIn(browser, access), tokenIn(browser, refresh)]
    const answer = await browser.post('/auth/logout')

    expect(answer).toMatchObject({ status: 204, text: '' })
    expectCleared(answer)
    expect(browser.jar.names()).toEqual([])
    await expect(app.tokens.verify(accessToken)).rejects.toMatchObject({ errorCode: 'token_revoked' })
    await expect(app.tokens.refresh(refreshToken)).rejects.toMatchObject({ errorCode: 'token_revoked' })

    for (let round = 0; round < 2; round++) {
      const again = await browser.post('/auth/logout')
      expect(again.status).toBe(204)
      expectCleared(again)
    }
  })

  it('a logout takes an access token that has expired, and the refresh cookie alone', async () => {
    const [accessToken, refreshToken] = [tokenIn(browser, access), tokenIn(browser, refresh)]
    clock.advance('1d')
    expect(browser.jar.names()).toEqual([refresh])
    expect((await browser.post('/auth/logout')).status).toBe(204)
    await expect(app.tokens.refresh(refreshToken)).rejects.toMatchObject({ errorCode: 'token_revoked' })

    const other = newBrowser()
    other.jar.store('https://shop.example', [`${access}=${accessToken}; Path=/; Secure`])
    expect((await other.post('/auth/logout')).status).toBe(204)
    expect(other.jar.names()).toEqual([])
  })

  it('a logout by an expired access cookie ends the session', async () => {
    const [accessToken, refreshToken] = [tokenIn(browser, access), tokenIn(browser, refresh)]
    clock.advance('1d')
    const other = newBrowser()
    other.jar.store('https://shop.example', [`${access}=${accessToken}; Path=/; Secure`])

    expect((await other.post('/auth/logout')).status).toBe(204)
    await expect(app.tokens.refresh(refreshToken)).rejects.toMatchObject({ errorCode: 'token_revoked' })
  })

  it.each(['garbage', 'a.b.c', '"quoted"', ''])('a logout clears cookies that hold %j', async (value) => {
    const other = newBrowser()
    other.jar.store('https://shop.example', [
      `${access}=${value}; Path=/; Secure`,
      `${refresh}=${value}; Path=/; Secure`,
    ])
    const answer = await other.post('/auth/logout')

    expect(answer.status).toBe(204)
    expect(other.jar.names()).toEqual([])
  })

  it('a logout ends the session of the one cookie that is good', async () => {
    const refreshToken = tokenIn(browser, refresh)
    browser.jar.store('https://shop.example', [`${access}=${breakSignature(refreshToken)}; Path=/; Secure`])

    expect((await browser.post('/auth/logout')).status).toBe(204)
    await expect(app.tokens.refresh(refreshToken)).rejects.toMatchObject({ errorCode: 'token_revoked' })
  })

  it('a logout ends the sessions of header, body and cookies together', async () => {
    const [inHeader, inBody] = [await app.tokens.issue('ben'), await app.tokens.issue('ben')]
    const answer = await browser.send({
      method: 'POST',
      path: '/auth/logout',
      headers: [['Authorization', `Bearer ${inHeader.accessToken}`]],
      body: { refresh_token: inBody.refreshToken },
    })

    expect(answer.status).toBe(204)
    expect(await app.tokens.sessions('ben')).not.toEqual(
      expect.arrayContaining([expect.objectContaining({ id: inHeader.sessionId })]),
    )
    for (const { accessToken } of [inHeader, inBody]) {
      await expect(app.tokens.verify(accessToken)).rejects.toMatchObject({ errorCode: 'token_revoked' })
    }
    expect(browser.jar.names()).toEqual([])
  })

  it('a logout ends the session of every cookie, planted and expired ones too', async () => {
    const [mine, planted] = [await app.tokens.issue('ada'), await app.tokens.issue('ben')]
    const old = await app.tokens.issue('ada')
    clock.advance('1h')
    const cookies = [
      `${access}=${old.accessToken}`,
      `${refresh}=${planted.refreshToken}`,
      `${refresh}=garbage`,
      `${refresh}=${mine.refreshToken}`,
    ]
    const headers: [string, string][] = [
      ['Cookie', cookies.join('; ')],
      ['Sec-Fetch-Site', 'same-origin'],
    ]
    const answer = await app.send({ method: 'POST', path: '/auth/logout', headers })

    expect(answer.status).toBe(204)
    expectCleared(answer)
    for (const { sessionId = '' } of [mine, planted, old]) {
      expect(await app.tokens.revokeSession(sessionId)).toBe(false)
    }
  })

  it('a logout verifies no signature of cookies that cannot hold a token, however many there are', async () => {
    const refreshToken = tokenIn(browser, refresh)
    const junk = Array.from({ length: 500 }, (_, at) => `${access}=a.b.${at}`)
    const verify = jest.spyOn(TokenVerifier.prototype, 'verifySignature')
    const headers: [string, string][] = [
      ['Cookie', [...junk, `${refresh}=${refreshToken}`].join('; ')],
      ['Sec-Fetch-Site', 'same-origin'],
    ]
    const answer = await app.send({ method: 'POST', path: '/auth/logout', headers })
    const verified = new Set(verify.mock.calls.map(([token]) => token))
    verify.mockRestore()

    expect(answer.status).toBe(204)
    expect([...verified]).toEqual([refreshToken])
    await expect(app.tokens.refresh(refreshToken)).rejects.toMatchObject({ errorCode: 'token_revoked' })
  })

  it('a logout clears a one-time token that was planted, and does not use it up', async () => {
    const refreshToken = tokenIn(browser, refresh)
    const planted = await app.tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })
    browser.jar.store('https://shop.example', [`access_token=${planted}; Path=/; Secure`])
    const answer = await browser.post('/auth/logout')

    expect(answer.status).toBe(204)
    expect(browser.jar.names()).toEqual([])
    await expect(app.tokens.refresh(refreshToken)).rejects.toMatchObject({ errorCode: 'token_revoked' })
    expect(await app.tokens.consumeOneTimeToken('reset', planted)).toMatchObject({ claims: { sub: 'ada' } })
  })

  it('a logout with another token in the header than the app’s ends nothing', async () => {
    const accessToken = tokenIn(browser, access)
    const answer = await browser.send({
      method: 'POST',
      path: '/auth/logout',
      headers: [['Authorization', `Bearer ${breakSignature(accessToken)}`]],
    })

    expect(answer).toMatchObject(refused(401, 'token_signature_invalid'))
    expect((await browser.get('/me')).status).toBe(200)
  })

  it('a logout everywhere, and the end of this very session, clear the cookies; the end of another does not', async () => {
    const other = newBrowser()
    await other.post('/auth/login', ada)
    const sessions = (await browser.get('/auth/sessions')).body as { id: string; current: boolean }[]
    const [here, there] = [true, false].map(
      (current) => sessions.find((each) => each.current === current)?.id,
    )

    const kept = await browser.send({ method: 'DELETE', path: `/auth/sessions/${there}` })
    expect(kept.status).toBe(204)
    expect(kept.headers['set-cookie']).toBeUndefined()
    expectCleared(await browser.send({ method: 'DELETE', path: `/auth/sessions/${here}` }))
    expect(browser.jar.names()).toEqual([])

    await browser.post('/auth/login', ada)
    expectCleared(await browser.post('/auth/logout-all'))
    expect(browser.jar.names()).toEqual([])
  })

  it.each(['before', 'hang'] as const)(
    'a logout that the store does not see (%s) keeps the cookies',
    async (how) => {
      const sessions = failingStore()
      const shaky = await startCookies(adapter, {
        sessionStore: { useValue: sessions.store },
        sessions: { timeout: '25ms' },
      })
      const other = new Browser(shaky)
      await other.post('/auth/login', ada)
      sessions.fail(how)
      const answer = await other.post('/auth/logout')

      expect(answer).toMatchObject(refused(503, 'store_unavailable'))
      expect(answer.headers['set-cookie']).toBeUndefined()
      sessions.recover()
      expect((await other.post('/auth/logout')).status).toBe(204)
      expect(other.jar.names()).toEqual([])
    },
  )

  it('a logout while the key of its cookies cannot be read keeps them', async () => {
    const keys = new TestKeyStore()
    const shared = {
      secret: undefined,
      keyRotation: { wrap: WRAP },
      keyStore: { useValue: keys },
      sessionStore: { useValue: new InMemorySessionStore() },
    }
    const time = new FakeClock(START)
    const [here, elsewhere] = [
      await startCookies(adapter, shared, { clock: time }),
      await startCookies(adapter, shared, { clock: time }),
    ]
    await elsewhere.nest.get(KeyService).rotate({ immediately: true })
    const jar = new CookieJar(() => time.now())
    await new Browser(elsewhere, jar).post('/auth/login', ada)
    const other = new Browser(here, jar)
    keys.isDown = true
    time.advance('1s')
    const answer = await other.post('/auth/logout')

    expect(answer).toMatchObject(refused(503, 'keys_unavailable'))
    expect(answer.headers['set-cookie']).toBeUndefined()
    const refreshToken = tokenIn(other, refresh)
    keys.isDown = false
    time.advance('5s')
    expect((await other.post('/auth/logout')).status).toBe(204)
    expect(jar.names()).toEqual([])
    await expect(here.tokens.refresh(refreshToken)).rejects.toMatchObject({ errorCode: 'token_revoked' })
  })
})
