import { afterAll, beforeAll } from '@jest/globals'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { launchChromium, PATIENCE } from '../../support/chromium.js'
import { type Environment, onAnyDatabase } from '../shop.js'
import { ShopProcess } from '../shop-process.js'
import { Tab } from './tab.js'

/** A Chromium and a shop for the tests of one suite: both are there from its `beforeAll` on. */
export class ShopInBrowser {
  url = ''
  private browser: Browser | undefined

  constructor(executablePath: string, settings: Environment) {
    let clear: (() => Promise<void>) | undefined
    beforeAll(async () => {
      const { env, remove } = await onAnyDatabase()
      const shop = new ShopProcess('main.js', { ...env, ...settings })
      clear = async () => {
        await this.browser?.close()
        await shop.stop()
        await remove()
      }
      this.browser = await launchChromium(executablePath)
      this.url = `http://127.0.0.1:${await shop.port()}`
    })
    afterAll(() => clear?.())
  }

  /** A person's browser with nothing in it, and one tab that shows the shop. */
  async newPerson(options: BrowserContextOptions = {}): Promise<Tab> {
    if (!this.browser) throw new Error('Chromium has not been started.')
    const context = await this.browser.newContext(options)
    context.setDefaultTimeout(PATIENCE)
    return Tab.open(context, this.url)
  }
}
