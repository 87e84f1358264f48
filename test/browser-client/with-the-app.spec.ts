import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { ada } from '../endpoints/app.js'
import { adapters, type RunningApp } from '../support/adapters.js'
import { startCookies } from '../cookies/app.js'
import { CookieJar } from '../cookies/cookie-jar.js'
import { browserFetch, json } from './browser-fetch.js'
import { resetPage, setModernPage } from './page.js'
import { closeTabs, openTab, statusesOf } from './tabs.js'

describe.each(adapters)('createAuthFetch with the ready-made routes on $name', (adapter) => {
  const clock = new FakeClock()
  let jar: CookieJar
  let asked: string[]

  beforeEach(() => {
    jar = new CookieJar(() => clock.now())
    asked = []
    setModernPage(() => jar.document(url))
  })

  afterEach(() => {
    closeTabs()
    resetPage()
  })

  let url = ''
  const start = async (settings: object): Promise<RunningApp> => {
    const app = await startCookies(adapter, settings, { clock })
    url = `http://127.0.0.1:${app.port}`
    return app
  }

  it.each([false, true])(
    'keeps all tabs signed in by cookies, until the logout (double submit: %j)',
    async (doubleSubmit) => {
      await start({ locations: ['cookie'], cookies: { secure: false }, csrf: { doubleSubmit } })
      const tabs = Array.from({ length: 3 }, () =>
        openTab({ mode: 'cookie', refreshUrl: `${url}/auth/refresh`, fetch: browserFetch(jar, asked) }),
      )
      const [{ authFetch } = tabs[0]!] = tabs
      expect((await authFetch(`${url}/auth/login`, json(ada))).status).toBe(200)
      expect(jar.document(url)).not.toMatch(/ey[\w-]+\./)

      for (let round = 1; round <= 3; round++) {
        clock.advance('20m')
        const answers = tabs.map((tab) => tab.authFetch(`${url}/me`, { method: 'POST' }))
        expect(await statusesOf(answers)).toEqual([200, 200, 200])
      }
      expect(asked.filter((path) => path === '/auth/refresh').length).toBeGreaterThanOrEqual(3)

      clock.advance('20m')
      expect((await authFetch(`${url}/auth/logout`, { method: 'POST' })).status).toBe(204)
      expect(jar.names()).toEqual([])
      expect((await authFetch(`${url}/me`)).status).toBe(401)
      expect(tabs[0]?.ends()).toBe(1)
    },
  )

  it('keeps all tabs signed in by bearer tokens, until the session is revoked', async () => {
    const app = await start({ locations: ['header'], refreshToken: { reuseGrace: 0 } })
    const tabs = Array.from({ length: 3 }, () =>
      openTab({ mode: 'bearer', refreshUrl: `${url}/auth/refresh`, fetch: browserFetch(jar, asked) }),
    )
    const [first] = tabs
    const login = await first!.authFetch(`${url}/auth/login`, json(ada))
    await first!.authFetch.signedIn(await login.json())
    expect(await statusesOf(tabs.map((tab) => tab.authFetch(`${url}/me`)))).toEqual([200, 200, 200])

    for (let round = 1; round <= 3; round++) {
      clock.advance('20m')
      const answers = tabs.map((tab) => tab.authFetch(`${url}/me`))
      expect(await statusesOf(answers)).toEqual([200, 200, 200])
      expect(asked.filter((path) => path === '/auth/refresh')).toHaveLength(round)
    }
    expect(jar.names()).toEqual([])

    await app.tokens.revokeAll('ada')
    expect(await statusesOf(tabs.map((tab) => tab.authFetch(`${url}/me`)))).toEqual([401, 401, 401])
    expect(tabs.map((tab) => tab.ends())).toEqual([1, 1, 1])
  })
})
