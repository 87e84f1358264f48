import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { ada } from '../../endpoints/app.js'
import { launchChromium, PATIENCE } from '../../support/chromium.js'
import { describeWith } from '../../support/services.js'
import { sampleOn, startPages } from './app.js'

const olderBrowser = `
  delete AbortSignal.timeout
  delete AbortSignal.prototype.reason
  delete globalThis.BroadcastChannel
  delete Navigator.prototype.locks`

const blockedBrowser = `
  globalThis.BroadcastChannel = class { constructor() { throw new DOMException('blocked', 'SecurityError') } }
  LockManager.prototype.request = () => Promise.reject(new DOMException('blocked', 'SecurityError'))`

const browsers = [
  ['a current browser', '', true],
  ['an older browser', olderBrowser, false],
  ['a browser that blocks what tabs share', blockedBrowser, false],
] as const

describeWith('chromium', 'createAuthFetch in Chromium, when the access cookie has expired', (path) => {
  let browser: Browser
  let url: string
  beforeAll(async () => {
    browser = await launchChromium(path)
    url = await startPages('cookie', sampleOn('docs/browser.md', 'cookie'))
  })
  afterAll(() => browser.close())

  describe.each(browsers)('in %s', (_, script, hasTabs) => {
    let context: BrowserContext
    let tab: Page
    let sent: string[]

    const openTab = async () => {
      const opened = await context.newPage()
      await opened.goto(`${url}/login`)
      await opened.waitForFunction('globalThis.sample && document.title !== "…"')
      return opened
    }
    const evaluateIn = (page: Page, code: string) => page.evaluate(`(async () => { ${code} })()`)

    beforeAll(async () => {
      context = await browser.newContext()
      context.setDefaultTimeout(PATIENCE)
      await context.addInitScript(script)
      context.on('request', (request) => {
        if (!request.isNavigationRequest())
          sent.push(`${request.method()} ${new URL(request.url()).pathname}`)
      })
      sent = []
      tab = await openTab()
      await tab.evaluate(`sample.logIn(${JSON.stringify(ada.username)}, ${JSON.stringify(ada.password)})`)
    })
    afterAll(() => context.close())
    beforeEach(async () => {
      await context.clearCookies({ name: 'access_token' })
      sent = []
    })

    it.each([
      ['text', `'first'`],
      ['a form', `new URLSearchParams({ a: '1' })`],
      ['a blob', `new Blob(['{"a":1}'], { type: 'application/json' })`],
    ])('sends the body again: %s', async (_, body) => {
      const status = await evaluateIn(
        tab,
        `return (await sample.authFetch('/me', { method: 'PUT', body: ${body} })).status`,
      )
      expect(status).toBe(200)
      expect(sent).toEqual(['PUT /me', 'POST /auth/refresh', 'PUT /me'])
    })

    it('sends the body of a Request again, and leaves it to be sent once more', async () => {
      const answers = await evaluateIn(
        tab,
        `const request = new Request('/me', { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } })
         const first = await sample.authFetch(request)
         const second = await sample.authFetch(request)
         return [first.status, second.status, request.bodyUsed]`,
      )
      expect(answers).toEqual([200, 200, false])
      expect(sent).toEqual(['POST /me', 'POST /auth/refresh', 'POST /me', 'POST /me'])
    })

    it('gives a call that is aborted an AbortError, and the others their answers', async () => {
      const answers = await evaluateIn(
        tab,
        `const controller = new AbortController()
         const aborted = sample.authFetch('/me', { signal: controller.signal }).catch(({ name }) => name)
         const other = sample.authFetch('/me')
         controller.abort()
         return [await aborted, (await other).status]`,
      )
      expect(answers).toEqual(['AbortError', 200])
    })

    it('keeps two tabs signed in that call at the same moment', async () => {
      const other = await openTab()
      await context.clearCookies({ name: 'access_token' })
      sent = []
      const call = `return (await Promise.all([1, 2, 3].map(() => sample.authFetch('/me')))).map(({ status }) => status)`
      expect(await Promise.all([evaluateIn(tab, call), evaluateIn(other, call)])).toEqual([
        [200, 200, 200],
        [200, 200, 200],
      ])
      const refreshes = sent.filter((what) => what === 'POST /auth/refresh').length
      expect(refreshes).toBeLessThanOrEqual(hasTabs ? 1 : 2)
      await other.close()
    })
  })
})
