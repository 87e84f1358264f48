import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from '@jest/globals'
import { describeWith } from '../../support/services.js'
import { ShopInBrowser } from './chromium.js'
import type { Locator } from 'playwright-core'
import type { Tab } from './tab.js'

const devices = [
  { device: 'a small phone', viewport: { width: 320, height: 568 } },
  { device: 'a desktop', viewport: { width: 1280, height: 900 } },
]

const inPage = (name: string) => readFileSync(new URL(`in-page/${name}.js`, import.meta.url), 'utf8')

describeWith('chromium', "the sample app's page, for all who read it", (path) => {
  const shop = new ShopInBrowser(path, { ADAPTER: 'fastify', AUTH_MODE: 'bearer' })
  let tab: Tab
  afterEach(async () => {
    expect(tab.complaints).toEqual([])
    await tab.close()
  })

  describe.each(devices)('on $device', ({ viewport }) => {
    it.each(['light', 'dark'] as const)('fits, and can be read in %s', async (colorScheme) => {
      tab = await shop.newPerson({ viewport, colorScheme })
      await tab.signIn('member')
      await tab.isRefusedADeletion()
      expect(await tab.page.evaluate('document.documentElement.scrollWidth')).toBe(viewport.width)
      const texts = await tab.page.evaluate<{ text: string; contrast: number }[]>(inPage('contrasts'))
      expect(texts.length).toBeGreaterThan(30)
      expect(texts.filter(({ contrast }) => contrast < 4.5)).toEqual([])
    })

    it('has a name for every control, and room for a finger', async () => {
      tab = await shop.newPerson({ viewport })
      await tab.signIn('member')
      expect(await tab.page.evaluate(inPage('unnamed-controls'))).toEqual([])
      for (const control of await tab.page.locator('button:visible, input:visible').all()) {
        expect((await control.boundingBox())?.height).toBeGreaterThanOrEqual(44)
      }
    })
  })

  it('has its log within reach on a phone, wherever it is scrolled to', async () => {
    const viewport = { width: 390, height: 844 }
    tab = await shop.newPerson({ viewport })
    await tab.signIn('member')
    await tab.isRefusedADeletion()
    const summary = tab.page.locator('summary')
    const isInSight = async (part: Locator) => {
      const box = await part.boundingBox()
      return box !== null && box.y >= 0 && box.y + box.height <= viewport.height
    }
    for (const place of ['0', 'document.body.scrollHeight / 2', 'document.body.scrollHeight']) {
      await tab.page.evaluate(`scrollTo(0, ${place})`)
      expect(await isInSight(summary)).toBe(true)
      expect(await summary.innerText()).toMatch(/DELETE \/items\/\d+ 403/)
      await summary.click()
      expect(await isInSight(tab.log.first())).toBe(true)
      expect(await tab.log.first().innerText()).toMatch(/DELETE[^]*403[^]*insufficient_claims/)
      await summary.click()
    }
  })

  it('can be used with the keyboard alone, and moves the focus to what has changed', async () => {
    tab = await shop.newPerson()
    await press(tab, 'Tab')
    expect(await focused(tab)).toBe('Skip to the shop')
    await press(tab, 'Enter', 'Tab')
    expect(await focused(tab)).toBe('Sign in as admin')
    await press(tab, 'Enter')
    await tab.says('Signed in as admin.')
    expect(await focused(tab)).toBe('Signed in as admin')

    await press(tab, 'Tab', 'Tab', 'Enter')
    await tab.says('Deleted: ')
    expect(await focused(tab)).toBe('Items')

    await press(tab, 'Shift+Tab', 'Enter')
    await tab.says('Signed out.')
    expect(await focused(tab)).toBe('Sign in')
  })

  it('says beside the form what is wrong with it', async () => {
    tab = await shop.newPerson()
    await tab.page.getByLabel('User name').fill('nobody')
    await tab.page.getByLabel('Password').fill('nothing')
    await press(tab, 'Enter')
    await tab.page.getByRole('alert').filter({ hasText: 'The credentials are invalid.' }).waitFor()
    expect(await tab.page.evaluate('document.activeElement.id')).toBe('username')
  })

  it('runs no script but its own', async () => {
    tab = await shop.newPerson()
    const added = `document.body.append(Object.assign(document.createElement('script'), { text: 'document.title = 1' }))`
    await tab.page.evaluate(added)
    expect(await tab.page.title()).toBe('The shop')
    expect(tab.complaints.splice(0).join()).toContain('Content Security Policy')
  })
})

async function press(tab: Tab, ...keys: string[]): Promise<void> {
  for (const key of keys) await tab.page.keyboard.press(key)
}

function focused(tab: Tab): Promise<string> {
  return tab.page.evaluate('document.activeElement.textContent.trim()')
}
