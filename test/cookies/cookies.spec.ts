import { beforeAll, describe, expect, it } from '@jest/globals'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, type RunningApp } from '../support/adapters.js'
import { logs } from '../support/logs.js'
import { readToken } from '../support/forge.js'
import { startCookies, type Settings } from './app.js'
import { Browser, clearedIn, cookiesOf } from './browser.js'
import type { SetCookie } from './cookie-jar.js'

const httpOnly = { httponly: true, secure: true, samesite: 'Lax' }
const access = '__Host-access_token'
const refresh = '__Host-refresh_token'

const login = async (app: RunningApp, options?: object): Promise<Map<string, SetCookie>> =>
  cookiesOf(await app.post('/own/login', options))

describe.each(adapters)('the cookies of a pair on $name', (adapter) => {
  const clock = new FakeClock(1_700_000_000_500)
  const start = (settings?: Settings) => startCookies(adapter, settings, { clock })
  let app: RunningApp

  beforeAll(async () => {
    app = await start()
  })

  it('hold the tokens, each for as long as it lives, out of reach of scripts', async () => {
    const cookies = await login(app)

    expect([...cookies.keys()]).toEqual([access, refresh])
    expect(cookies.get(access)?.attributes).toEqual({ ...httpOnly, path: '/', 'max-age': '900' })
    expect(cookies.get(refresh)?.attributes).toEqual({ ...httpOnly, path: '/', 'max-age': '2592000' })
    expect(readToken(cookies.get(access)?.value ?? '').header).toMatchObject({ typ: 'at+jwt' })
    expect(readToken(cookies.get(refresh)?.value ?? '').header).toMatchObject({ typ: 'rt+jwt' })
  })

  it('live no longer than the session, and than what issue() was told', async () => {
    const short = await start({ refreshToken: { sessionExpiresIn: '1h' } })
    const cookies = await login(short, { expiresIn: '90s' })

    expect(cookies.get(access)?.attributes['max-age']).toBe('90')
    expect(cookies.get(refresh)?.attributes['max-age']).toBe('3600')
  })

  it('are gone at once where the token has expired already', async () => {
    expect((await login(app, { expiresIn: 0 })).get(access)?.attributes['max-age']).toBe('0')
  })

  it('take the age from the exp of a token that comes alone', async () => {
    const cookies = cookiesOf(await app.post('/own/token', { expiresIn: '7m' }))

    expect([...cookies.keys()]).toEqual([access])
    expect(cookies.get(access)?.attributes['max-age']).toBe('420')
  })

  it('last until the browser is closed where the token never expires', async () => {
    const endless = await start({ accessToken: { allowNever: true }, refreshToken: false })
    const cookies = cookiesOf(await endless.post('/own/token', { expiresIn: 'never' }))

    expect(cookies.get(access)?.attributes).toEqual({ ...httpOnly, path: '/' })
  })

  it.each<[string, Settings]>([
    ['the defaults', {}],
    ['a double submit', { csrf: { doubleSubmit: true } }],
    ['plain http', { cookies: { secure: false }, csrf: { doubleSubmit: true } }],
    ['a domain', { cookies: { domain: 'example.com', sameSite: 'strict' } }],
    [
      'names and paths',
      { cookies: { refreshToken: { name: 'r', path: '/a/b' }, accessToken: { name: 'a' } } },
    ],
  ])('are cleared by the attributes that they were set with: %s', async (_, settings) => {
    const set = await start(settings)
    const cookies = await login(set)
    const cleared = clearedIn(await set.post('/own/logout', undefined))

    for (const [name, { attributes }] of cookies) {
      expect(cleared).toContainEqual({ name, value: '', attributes: { ...attributes, 'max-age': '0' } })
    }
  })

  it('have no prefix and no Secure where the app says so', async () => {
    const cookies = await login(await start({ cookies: { secure: false } }))

    expect([...cookies.keys()]).toEqual(['access_token', 'refresh_token'])
    for (const { attributes } of cookies.values()) {
      expect(attributes).toMatchObject({ httponly: true, samesite: 'Lax' })
      expect(attributes).not.toHaveProperty('secure')
    }
  })

  it('lose __Host- with a domain', async () => {
    const cookies = await login(await start({ cookies: { domain: 'example.com' } }))

    expect([...cookies.keys()]).toEqual(['__Secure-access_token', '__Secure-refresh_token'])
    for (const { attributes } of cookies.values()) expect(attributes['domain']).toBe('example.com')
  })

  it('are named, placed and restricted as the app says', async () => {
    const named = await start({
      cookies: {
        sameSite: 'none',
        accessToken: { name: '__Host-sid' },
        refreshToken: { name: '__Host-rid', path: '/' },
      },
    })
    const cookies = await login(named)

    expect(cookies.get('__Host-sid')?.attributes).toMatchObject({ path: '/', samesite: 'None', secure: true })
    expect(cookies.get('__Host-rid')?.attributes).toMatchObject({ path: '/', samesite: 'None', secure: true })
  })

  it('keep the response out of caches, and nothing else does', async () => {
    expect((await app.post('/own/login', undefined)).headers['cache-control']).toBe('no-store')
    expect((await app.post('/own/logout', undefined)).headers['cache-control']).toBeUndefined()
    expect((await app.get('/me')).headers['cache-control']).toBeUndefined()
  })

  it('end with the browser where the session does, after a refresh too', async () => {
    const brief = await start({ csrf: { doubleSubmit: true } })
    const browser = new Browser(brief)
    const login = await browser.post('/own/login', { session: { persistent: false } })
    const headers: [string, string][] = [['X-CSRF-Token', browser.cookie('csrf_token') ?? '']]
    const refreshed = await browser.send({ method: 'POST', path: '/auth/refresh', headers })

    expect(refreshed.status).toBe(200)
    for (const answer of [login, refreshed]) {
      const cookies = [...cookiesOf(answer).values()]
      expect(cookies).toHaveLength(3)
      for (const { attributes } of cookies) expect(attributes).not.toHaveProperty('max-age')
    }
  })

  it.each([
    ['whole seconds', { expires_in: 90.9, refresh_expires_in: 10 }, ['90', '10']],
    ['nothing that has passed', { expires_in: -5, refresh_expires_in: -0.5 }, ['0', '0']],
    ['the time until exp, where nothing else is said', {}, ['900', '2592000']],
  ])('live as long as a pair of the app says: %s', async (_, ages, expected) => {
    const { access_token, refresh_token } = await app.tokens.issue('ada')
    const answer = await app.post('/own/pair', { access_token, refresh_token, ...ages })
    const cookies = [...cookiesOf(answer).values()]

    expect(cookies.map(({ attributes }) => attributes['max-age'])).toEqual(expected)
  })

  it('are two with the double submit, where there is no refresh token', async () => {
    const double = await start({ csrf: { doubleSubmit: true } })
    const browser = new Browser(double)
    const answer = await browser.post('/own/token', undefined)
    expect([...cookiesOf(answer).keys()]).toEqual(['__Host-access_token', 'csrf_token'])

    const send = (value: string) =>
      browser.send({ method: 'POST', path: '/me', headers: [['X-CSRF-Token', value]] })
    expect((await send(browser.cookie('csrf_token') ?? '')).body).toEqual({ sub: 'ada' })
    expect((await send('another')).status).toBe(403)
  })

  it('are an error that says so where no location reads them, and can be cleared', async () => {
    const bearer = await start({ locations: ['header'] })
    logs.clear()
    const answer = await bearer.post('/own/login', undefined)

    expect(answer.status).toBe(500)
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(logs.text('error')).toMatch(/AuthCookies\.set\(\).*'cookie' is not among the module's `locations`/)
    expect(clearedIn(await bearer.post('/own/logout', undefined)).length).toBeGreaterThanOrEqual(2)
  })

  it('come without a refresh token where there are no sessions', async () => {
    expect([...(await login(await start({ refreshToken: false }))).keys()]).toEqual([access])
  })

  it('leave the cookies of the app alone', async () => {
    const answer = await app.post('/own/themed', undefined)

    expect([...cookiesOf(answer).keys()].toSorted()).toEqual([access, refresh, 'theme'])
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('can be read by scripts only for the double submit', async () => {
    const cookies = await login(await start({ csrf: { doubleSubmit: true } }))
    const { httponly: _, ...readable } = httpOnly

    expect([...cookies.keys()]).toEqual([access, refresh, 'csrf_token'])
    expect(cookies.get('csrf_token')?.attributes).toEqual({ ...readable, path: '/', 'max-age': '2592000' })
  })
})
