import type { BrowserContext, Cookie, Locator, Page } from 'playwright-core'
import { demoUsers } from '../../../sample-app/src/dev/demo-data.js'

/** One tab with the shop's page, used as a person would: by what is written on it. */
export class Tab {
  /** What the browser complained of: scripts that failed, and what the content security policy stopped. */
  readonly complaints: string[] = []
  /** All that the console shows as an error, refused requests too. */
  readonly errors: string[] = []

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    readonly url: string,
  ) {
    page.on('pageerror', (error) => this.complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text())
      // An answer of 401 or 403 is logged as an error too.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        this.complaints.push(message.text())
      }
    })
  }

  static async open(context: BrowserContext, url: string): Promise<Tab> {
    const tab = new Tab(context, await context.newPage(), url)
    await tab.page.goto(url)
    await tab.items.first().waitFor()
    return tab
  }

  /** Another tab of the same browser. */
  another(): Promise<Tab> {
    return Tab.open(this.context, this.url)
  }

  get items(): Locator {
    return this.page.getByRole('region', { name: 'Items' }).getByRole('listitem')
  }

  get sessions(): Locator {
    return this.page.getByRole('region', { name: 'Your sessions' }).getByRole('listitem')
  }

  get log(): Locator {
    return this.page.getByRole('region', { name: 'Log' }).getByRole('listitem')
  }

  press(button: string | RegExp): Promise<void> {
    return this.page.getByRole('button', { name: button, exact: true }).first().click()
  }

  async signIn(who: keyof typeof demoUsers): Promise<void> {
    await this.press(`Sign in as ${who}`)
    await this.isSignedIn(who)
  }

  async isSignedIn(who: keyof typeof demoUsers): Promise<void> {
    await this.page.getByRole('heading', { name: `Signed in as ${who}` }).waitFor()
  }

  async isSignedOut(): Promise<void> {
    await this.page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor()
  }

  /** Waits until the page says so. */
  async says(text: string): Promise<void> {
    const status = this.page.getByRole('status')
    try {
      await status.filter({ hasText: text }).waitFor()
    } catch {
      throw new Error(`"${text}" is not said, but "${await status.innerText()}".`)
    }
  }

  /** Until the page is done with it. */
  async refresh(): Promise<void> {
    await this.press('Refresh')
    await this.page.locator('#refresh[aria-busy="false"]').waitFor()
    await this.says('Refreshed')
  }

  /** What is asked as a member, and refused because of that and of nothing else. */
  async isRefusedADeletion(): Promise<void> {
    await this.press(/^Delete /)
    await this.says('403: An admin is needed to delete items.')
  }

  cookies(): Promise<Cookie[]> {
    return this.context.cookies(`${this.url}/auth/`)
  }

  close(): Promise<void> {
    return this.context.close()
  }
}
