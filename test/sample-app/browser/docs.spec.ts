import { afterEach, describe, expect, it } from '@jest/globals'
import type { Locator, Page } from 'playwright-core'
import { demoUsers } from '../../../sample-app/src/dev/demo-data.js'
import { describeWith } from '../../support/services.js'
import { ShopInBrowser } from './chromium.js'
import type { Tab } from './tab.js'

const suites = [
  { adapter: 'express', mode: 'bearer' },
  { adapter: 'fastify', mode: 'cookie' },
]

/** The page that `@nestjs/swagger` shows, used as a person would. */
class DocsPage {
  constructor(private readonly page: Page) {}

  private operation(id: string): Locator {
    return this.page.locator(`.opblock[id$="${id}"]`)
  }

  /** Sends what the form holds, or this body in its place. */
  async tryOut(id: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }> {
    const operation = this.operation(id)
    const execute = operation.getByRole('button', { name: 'Execute', exact: true })
    if (!(await execute.isVisible())) {
      await operation.locator('.opblock-summary-control').click()
      await operation.getByRole('button', { name: 'Try it out' }).click()
    }
    if (body) await operation.locator('textarea').fill(JSON.stringify(body))
    const answered = this.page.waitForResponse((answer) => !answer.url().includes('/docs'))
    await execute.click()
    const answer = await answered
    const shown = operation.locator('.live-responses-table tbody .response-col_status').first()
    await shown.filter({ hasText: String(answer.status()) }).waitFor()
    const text = await answer.text()
    return { status: answer.status(), body: Object(text === '' ? {} : JSON.parse(text)) }
  }

  isLocked(id: string): Promise<boolean> {
    return this.operation(id).locator('.authorization__btn').isVisible()
  }

  async authorize(token: string): Promise<void> {
    await this.page.locator('.auth-wrapper .authorize').click()
    const dialog = this.page.locator('.dialog-ux')
    await dialog.getByRole('textbox').fill(token)
    await dialog.locator('button.authorize').click()
    await dialog.getByRole('button', { name: 'Close' }).last().click()
  }
}

describeWith('chromium', "the sample app's API, tried out at /docs", (path) => {
  describe.each(suites)('with $adapter, tokens by $mode', ({ adapter, mode }) => {
    const shop = new ShopInBrowser(path, { ADAPTER: adapter, AUTH_MODE: mode })
    let tab: Tab
    afterEach(async () => {
      expect(tab.complaints).toEqual([])
      await tab.close()
    })

    it('signs in, calls a guarded route, refreshes, lists the sessions and signs out', async () => {
      tab = await shop.newPerson()
      await tab.page.goto(`${shop.url}/docs`)
      const docs = new DocsPage(tab.page)
      await tab.page.locator('.opblock[id$="MeController_me"]').waitFor()
      expect(await docs.isLocked('MeController_me')).toBe(true)
      expect(await docs.isLocked('AuthController_login')).toBe(false)
      const refused = { status: 401, body: { errorCode: 'token_missing' } }
      expect(await docs.tryOut('MeController_me')).toMatchObject(refused)

      const { username, password } = demoUsers.member
      const login = await docs.tryOut('AuthController_login', { username, password })
      expect(login.status).toBe(200)
      if (mode === 'bearer') await docs.authorize(String(login.body['access_token']))
      expect(await docs.tryOut('MeController_me')).toMatchObject({ status: 200, body: { username } })

      const { refresh_token } = login.body
      const renewed = await docs.tryOut(
        'AuthController_refresh',
        refresh_token ? { refresh_token } : undefined,
      )
      expect(renewed.status).toBe(200)
      expect(await docs.tryOut('AuthController_sessions')).toMatchObject({
        status: 200,
        body: [{ current: true }],
      })

      const last = renewed.body['refresh_token']
      const logout = await docs.tryOut('AuthController_logout', last ? { refresh_token: last } : undefined)
      expect(logout.status).toBe(204)
      expect(await docs.tryOut('MeController_me')).toMatchObject({ status: 401 })
    })
  })
})
