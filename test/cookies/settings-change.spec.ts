import { describe, expect, it } from '@jest/globals'
import { InMemorySessionStore, type CookieOptions } from '@nest-jwt-auth/core'
import { adapters, type RunningApp } from '../support/adapters.js'
import { ada } from '../endpoints/app.js'
import { startCookies, type Settings } from './app.js'
import { Browser } from './browser.js'

interface Change {
  name: string
  before: CookieOptions
  after: CookieOptions
}

const changes: Change[] = [
  { name: 'a domain is added', before: {}, after: { domain: 'shop.example' } },
  { name: 'a domain is removed', before: { domain: 'shop.example' }, after: {} },
  {
    name: 'a domain is added to names of their own',
    before: { accessToken: { name: 'at' }, refreshToken: { name: 'rt' } },
    after: { accessToken: { name: 'at' }, refreshToken: { name: 'rt' }, domain: 'shop.example' },
  },
  {
    name: 'a path is added',
    before: {},
    after: { refreshToken: { path: '/auth' } },
  },
  { name: 'a path is removed', before: { refreshToken: { path: '/auth' } }, after: {} },
  {
    name: 'a path is added to a name of its own',
    before: { refreshToken: { name: 'rt', path: '/' } },
    after: { refreshToken: { name: 'rt', path: '/auth' } },
  },
  {
    name: 'path and domain are added to a name of its own',
    before: { accessToken: { name: 'at' }, refreshToken: { name: 'rt' } },
    after: {
      domain: 'shop.example',
      accessToken: { name: 'at' },
      refreshToken: { name: 'rt', path: '/auth' },
    },
  },
  {
    name: 'the name falls back to the default of old',
    before: { refreshToken: { name: '__Secure-refresh_token', path: '/' } },
    after: {},
  },
  { name: 'Secure is switched on', before: { secure: false }, after: {} },
]

describe.each(adapters)('when cookie settings change on $name', (adapter) => {
  async function deployTwice({ before, after }: Change, csrf?: Settings['csrf']) {
    const sessionStore = { useValue: new InMemorySessionStore() }
    const start = (cookies: CookieOptions): Promise<RunningApp> =>
      startCookies(adapter, { cookies, sessionStore, csrf })
    const old = await start(before)
    const browser = new Browser(old)
    expect((await browser.post('/auth/login', ada)).status).toBe(200)
    const now = await start(after)
    return { now, browser: new Browser(now, browser.jar) }
  }

  it.each(changes)('one login makes all well: $name', async (change) => {
    const { browser } = await deployTwice(change)

    expect((await browser.post('/auth/login', ada)).status).toBe(200)
    expect(browser.jar.names()).toHaveLength(new Set(browser.jar.names()).size)
    expect((await browser.get('/me')).status).toBe(200)
    expect((await browser.get('/me/optional')).status).toBe(200)
    for (let round = 0; round < 2; round++) {
      expect((await browser.post('/auth/refresh')).status).toBe(200)
    }
    expect((await browser.post('/auth/logout')).status).toBe(204)
    expect((await browser.get('/me')).status).toBe(401)
  })

  it.each(changes)('a page for everybody is not lost: $name', async (change) => {
    const { browser } = await deployTwice(change)
    await browser.get('/me/optional')

    expect((await browser.get('/me/optional')).status).toBe(200)
  })

  it.each(changes)('a logout ends the session from before: $name', async (change) => {
    const { browser, now } = await deployTwice(change)
    expect(await now.tokens.sessions('ada')).toHaveLength(1)

    expect((await browser.post('/auth/logout')).status).toBe(204)
    expect(await now.tokens.sessions('ada')).toEqual([])
  })

  it.each(changes)('a logout ends the sessions from before and after: $name', async (change) => {
    const sessionStore = { useValue: new InMemorySessionStore() }
    const old = await startCookies(adapter, { cookies: change.before, sessionStore })
    const browser = new Browser(old)
    await browser.post('/auth/login', ada)
    const kept = browser.jar.header('https://shop.example/auth/logout') ?? ''
    const now = await startCookies(adapter, { cookies: change.after, sessionStore })
    const later = new Browser(now)
    await later.post('/auth/login', ada)
    expect(await now.tokens.sessions('ada')).toHaveLength(2)

    const both = `${kept}; ${later.jar.header('https://shop.example/auth/logout') ?? ''}`
    const headers: [string, string][] = [
      ['Cookie', both],
      ['Sec-Fetch-Site', 'same-origin'],
    ]
    expect((await now.send({ method: 'POST', path: '/auth/logout', headers })).status).toBe(204)
    expect(await now.tokens.sessions('ada')).toEqual([])
  })

  it('the cookie of the double submit is healed too', async () => {
    const change = { name: '', before: {}, after: { domain: 'shop.example' } }
    const { browser } = await deployTwice(change, { doubleSubmit: true })
    await browser.post('/auth/login', ada)
    const headers: [string, string][] = [['X-CSRF-Token', browser.cookie('csrf_token') ?? '']]

    expect((await browser.send({ method: 'POST', path: '/auth/refresh', headers })).status).toBe(200)
  })

  it('cookies of the app with other names are left alone', async () => {
    const { browser } = await deployTwice({ name: '', before: {}, after: { domain: 'shop.example' } })
    browser.jar.store('https://shop.example', ['theme=dark; Path=/', 'csrf_token=of-the-app; Path=/'])
    await browser.post('/auth/login', ada)
    await browser.post('/auth/logout')

    expect(browser.jar.names()).toEqual(['theme', 'csrf_token'])
  })
})
