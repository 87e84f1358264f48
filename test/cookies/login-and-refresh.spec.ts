import type { ServerResponse } from 'node:http'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { JwtAuthEvents } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { firstValueFrom } from 'rxjs'
import { adapters, type RunningApp } from '../support/adapters.js'
import { breakSignature } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { refused } from '../support/refusals.js'
import { ada } from '../endpoints/app.js'
import { startCookies } from './app.js'
import { Browser, cookiesOf, SITE } from './browser.js'
import { CookieJar } from './cookie-jar.js'
import { access, expectCleared, jws, refresh, tokenIn } from './token-cookies.js'

const lifetimes = { token_type: 'Bearer', expires_in: 900, refresh_expires_in: 2_592_000 }

describe.each(adapters)('login and refresh in cookie mode on $name', (adapter) => {
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

  it('a login sets the cookies, and its body holds no token', async () => {
    const answer = await newBrowser().post('/auth/login', ada)

    expect(answer.body).toEqual(lifetimes)
    expect(answer.text).not.toMatch(jws)
    expect([...cookiesOf(answer).keys()]).toEqual([access, refresh])
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(await browser.get('/me')).toMatchObject({ status: 200, body: { sub: 'ada' } })
  })

  it('a login that fails sets none', async () => {
    const answer = await newBrowser().post('/auth/login', { ...ada, password: 'no' })

    expect(answer).toMatchObject(refused(401, 'credentials_invalid'))
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  it('a refresh takes the cookie, and its body holds no token', async () => {
    const before = tokenIn(browser, refresh)
    clock.advance('20m')
    expect(await browser.get('/me')).toMatchObject(refused(401, 'token_missing'))
    const answer = await browser.post('/auth/refresh')

    expect(answer).toMatchObject({ status: 200, body: lifetimes })
    expect(Object.keys(answer.body as object)).toEqual(Object.keys(lifetimes))
    expect(answer.text).not.toMatch(jws)
    expect(tokenIn(browser, refresh)).not.toBe(before)
    expect((await browser.get('/me')).status).toBe(200)
  })

  it('a refresh takes the body too, and still answers by cookies', async () => {
    const { refreshToken = '' } = await app.tokens.issue('ben')
    const answer = await newBrowser().post('/auth/refresh', { refresh_token: refreshToken })

    expect(answer).toMatchObject({ status: 200, body: lifetimes })
    expect(answer.text).not.toMatch(jws)
    expect([...cookiesOf(answer).keys()]).toEqual([access, refresh])
  })

  it('a refresh goes by the body where both carry a token', async () => {
    const bens = await app.tokens.issue('ben')
    await browser.post('/auth/refresh', { refresh_token: bens.refreshToken })

    expect(await browser.get('/me')).toMatchObject({ body: { sub: 'ben' } })
  })

  it('a refresh without any token says so, and clears nothing', async () => {
    const answer = await newBrowser().post('/auth/refresh', {})

    expect(answer).toMatchObject(refused(401, 'token_missing'))
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  it('a refresh whose cookie is refused for good clears the cookies', async () => {
    await app.tokens.revokeAll('ada')
    const answer = await browser.post('/auth/refresh')

    expect(answer).toMatchObject(refused(401, 'token_revoked'))
    expectCleared(answer)
    expect(browser.jar.names()).toEqual([])
  })

  it('a refresh refused for the token in its body leaves the cookies alone', async () => {
    const answer = await browser.post('/auth/refresh', {
      refresh_token: breakSignature(tokenIn(browser, refresh)),
    })

    expect(answer).toMatchObject(refused(401, 'token_signature_invalid'))
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect((await browser.post('/auth/refresh')).status).toBe(200)
  })

  it('two tabs that refresh at the same moment both stay signed in', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => browser.post('/auth/refresh')))

    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200))
    const successors = answers.map((answer) => cookiesOf(answer).get(refresh)?.value)
    expect(new Set(successors).size).toBe(1)
    expect((await browser.get('/me')).status).toBe(200)
  })
})

describe.each(adapters)('a refresh on $name that is refused after the app has answered', (adapter) => {
  it('changes nothing of that answer, and is an event all the same', async () => {
    const app = await startCookies(
      adapter,
      {},
      {
        // As a time-out does.
        configure: (nest) =>
          nest.use((_request: unknown, response: ServerResponse, next: () => void) => {
            next()
            response.writeHead(504).end()
          }),
      },
    )
    const denied = firstValueFrom(app.nest.get(JwtAuthEvents).events$)
    logs.clear()
    const browser = new Browser(app)
    browser.jar.store(SITE, [`${refresh}=abc.def; Path=/; Secure`])
    const answer = await browser.post('/auth/refresh')

    expect(await denied).toMatchObject({ type: 'auth.denied', errorCode: 'token_malformed' })
    await new Promise((resolve) => setImmediate(resolve))
    expect(answer).toMatchObject({ status: 504, text: '' })
    expect(logs.text('error')).toBe('')
  })
})
