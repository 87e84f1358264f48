import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { ada } from '../../endpoints/app.js'
import { launchChromium, PATIENCE } from '../../support/chromium.js'
import { describeWith } from '../../support/services.js'
import { type Mode, sampleOn, startPages } from './app.js'

const samples: [page: string, mode: Mode][] = [
  ['docs/browser.md', 'cookie'],
  ['packages/browser/README.md', 'cookie'],
  ['packages/browser/README.md', 'bearer'],
]

describeWith('chromium', 'the documented samples in Chromium', (path) => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium(path)
  })
  afterAll(() => browser.close())

  describe.each(samples)('on %s, in %s mode', (documentation, mode) => {
    let url: string
    let context: BrowserContext
    /** The pages that were loaded, by all tabs. */
    let loaded: string[]

    beforeAll(async () => {
      url = await startPages(mode, sampleOn(documentation, mode))
    })
    afterEach(() => context.close())

    const openBrowser = async () => {
      context = await browser.newContext()
      context.setDefaultTimeout(PATIENCE)
      loaded = []
      context.on('request', (request) => {
        if (request.isNavigationRequest()) loaded.push(new URL(request.url()).pathname)
      })
    }
    const openTab = async (path = '/') => {
      const tab = await context.newPage()
      await tab.goto(url + path)
      return tab
    }
    const shows = (tab: Page, title: string, path: string) =>
      tab.waitForFunction(
        `document.title === ${JSON.stringify(title)} && location.pathname === ${JSON.stringify(path)}`,
      )
    const logIn = (tab: Page, password = ada.password) =>
      tab.evaluate(`sample.logIn(${JSON.stringify(ada.username)}, ${JSON.stringify(password)})`)
    const logOut = (tab: Page) => tab.evaluate(`sample.logOut().catch(({ name }) => name)`)
    const statusOfMe = (tab: Page) => tab.evaluate(`sample.authFetch('/me').then(({ status }) => status)`)

    it('load the login page once, though it asks who is signed in', async () => {
      await openBrowser()
      const tab = await openTab()
      await shows(tab, 'nobody', '/login')
      for (let round = 0; round < 3; round++) expect(await statusOfMe(tab)).toBe(401)
      expect(loaded).toEqual(['/', '/login'])
    })

    it('sign in, in all tabs, and say when the password is wrong', async () => {
      await openBrowser()
      const tab = await openTab('/login')
      await shows(tab, 'nobody', '/login')
      expect(await logIn(tab, 'a wrong one')).toBe(false)
      expect(await logIn(tab)).toBe(true)
      expect(await statusOfMe(tab)).toBe(200)
      await shows(await openTab(), 'ada', '/')
      expect(loaded).toEqual(['/login', '/'])
    })

    it('stay signed in when the server has not ended the session', async () => {
      await openBrowser()
      const tab = await openTab('/login')
      await shows(tab, 'nobody', '/login')
      await logIn(tab)
      const other = await openTab()
      await shows(other, 'ada', '/')

      await context.route('**/auth/logout', (route) => route.fulfill({ status: 503, body: '{}' }))
      expect(await logOut(tab)).toBe(false)
      await context.route('**/auth/logout', (route) => route.abort())
      expect(await logOut(tab)).toBe('TypeError')
      expect([await statusOfMe(tab), await statusOfMe(other)]).toEqual([200, 200])

      await context.unrouteAll()
      expect(await logOut(tab)).toBe(true)
      await shows(other, 'nobody', '/login')
      expect(await statusOfMe(tab)).toBe(401)
      expect(loaded).toEqual(['/login', '/', '/login'])
    })
  })
})
