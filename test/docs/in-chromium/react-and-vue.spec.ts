import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { Controller, Get, Header } from '@nestjs/common'
import { stop as stopEsbuild } from 'esbuild'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { cookieApp } from '../../cookies/app.js'
import { ada } from '../../endpoints/app.js'
import { adapters, startApp } from '../../support/adapters.js'
import { launchChromium, PATIENCE } from '../../support/chromium.js'
import { run } from '../../support/run.js'
import { describeWith } from '../../support/services.js'
import { bundleOf, type Framework } from './components.js'

const frameworks: Framework[] = ['react', 'vue']

afterAll(() => stopEsbuild())

/** An app with the ready-made routes and a page with the bundle. Gives its URL. */
async function startPage(bundle: string): Promise<string> {
  @Controller()
  class PageController {
    @Get()
    @Header('Content-Type', 'text/html')
    page() {
      return `<!doctype html><link rel="icon" href="data:," /><div id="app"></div><script type="module" src="/app.js"></script>`
    }

    @Get('app.js')
    @Header('Content-Type', 'text/javascript')
    script() {
      return bundle
    }
  }
  const metadata = cookieApp({ cookies: { secure: false } })
  metadata.controllers?.push(PageController)
  const [express] = adapters
  return `http://127.0.0.1:${(await startApp(express!, metadata)).port}`
}

describe.each(frameworks)('docs/react-and-vue.md: %s on a server', (framework) => {
  it('renders what is not known yet, and fetches nothing', async () => {
    const banner = { js: `globalThis.fetch = () => { throw new Error('fetched') }` }
    const bundle = await bundleOf(framework, 'server', { packages: 'external', banner })
    const html = await run('node', ['--input-type=module', '--eval', bundle])
    expect(html).toBe('<p>…</p>\n')
  })
})

describeWith('chromium', 'docs/react-and-vue.md in Chromium', (path) => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium(path)
  })
  afterAll(() => browser.close())

  describe.each(frameworks)('%s', (framework) => {
    let url: string
    let context: BrowserContext
    let tabs: [Page, Page]
    let sent: string[]
    let complaints: string[]

    const signedIn = 'Signed in as ada Sign out'
    const signedOut = 'Sign in'
    const showsIn = (tab: Page, count: number, text: string) =>
      tab.waitForFunction(
        `JSON.stringify([...document.querySelectorAll('#app > *')].map((part) => part.textContent.trim())) ===
          ${JSON.stringify(JSON.stringify(Array(count).fill(text)))}`,
      )
    const shows = async (count: number, text: string) => {
      for (const tab of tabs) await showsIn(tab, count, text)
    }
    /** Ready when the tab has found out by itself that nobody is signed in: no other one is asking at that time. */
    const openTab = async () => {
      const tab = await context.newPage()
      tab.on('pageerror', (error) => complaints.push(error.message))
      tab.on('console', (message) => {
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
          complaints.push(message.text())
      })
      await tab.goto(url)
      await showsIn(tab, 2, signedOut)
      return tab
    }
    beforeAll(async () => {
      const define = { 'process.env.NODE_ENV': '"development"', __VUE_OPTIONS_API__: 'true' }
      const flags = { __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' }
      url = await startPage(await bundleOf(framework, 'browser', { define: { ...define, ...flags } }))
      context = await browser.newContext()
      context.setDefaultTimeout(PATIENCE)
      sent = []
      complaints = []
      context.on('request', (request) => {
        const { pathname } = new URL(request.url())
        if (/^\/(me|auth)/.test(pathname)) sent.push(`${request.method()} ${pathname}`)
      })
      tabs = [await openTab(), await openTab()]
    })
    afterAll(() => context.close())
    beforeEach(() => {
      sent = []
    })

    it('signs in: all components of all tabs show it, each tab with one call', async () => {
      const [form] = await tabs[0].locator('form').all()
      await form?.getByLabel('User name').fill(ada.username)
      await form?.getByLabel('Password').fill(ada.password)
      await form?.getByRole('button').click()
      await shows(2, signedIn)
      expect(sent.toSorted()).toEqual(['GET /me', 'GET /me', 'POST /auth/login'])
    })

    it('refreshes in the background, once, and renders nothing again', async () => {
      await context.clearCookies({ name: 'access_token' })
      const outcome = await tabs[0].evaluate(`(async () => {
        let changes = 0
        const observed = { subtree: true, childList: true, characterData: true, attributes: true }
        new MutationObserver(() => changes++).observe(document.body, observed)
        const { status } = await window.authFetch('/me')
        return { status, changes }
      })()`)
      expect(outcome).toEqual({ status: 200, changes: 0 })
      expect(sent).toEqual(['GET /me', 'POST /auth/refresh', 'GET /me'])
    })

    it('asks once where a page is loaded with an expired access cookie', async () => {
      await context.clearCookies({ name: 'access_token' })
      await tabs[0].reload()
      await shows(2, signedIn)
      expect(sent).toEqual(['GET /me', 'POST /auth/refresh', 'GET /me'])
    })

    it('leaves no subscription of a component that is gone, and asks nothing when it comes back', async () => {
      const subscriptions = () => tabs[0].evaluate('window.subscriptions')
      expect(await subscriptions()).toBe(2)
      for (let round = 0; round < 3; round++) {
        await tabs[0].evaluate('window.show(false)')
        await tabs[0].waitForFunction('document.querySelectorAll("#app > *").length === 0')
        expect(await subscriptions()).toBe(0)
        await tabs[0].evaluate('window.show(true)')
        await shows(2, signedIn)
        expect(await subscriptions()).toBe(2)
      }
      expect(sent).toEqual([])
    })

    it('signs out in all tabs, and nobody complains', async () => {
      await tabs[1].getByRole('button', { name: 'Sign out' }).first().click()
      await shows(2, signedOut)
      expect(sent).toEqual(['POST /auth/logout'])
      expect(complaints).toEqual([])
    })
  })
})
