import { describe, expect, it } from '@jest/globals'
import { KeyService } from '@nest-jwt-auth/core'
import { startCookies } from '../cookies/app.js'
import { Browser } from '../cookies/browser.js'
import { ada } from '../endpoints/app.js'
import { adapters } from '../support/adapters.js'
import { refused } from '../support/refusals.js'
import { TestKeyStore, WRAP } from './fleet.js'

function submit(browser: Browser, path: string, value = browser.cookie('csrf_token')) {
  return browser.send({ method: 'POST', path, headers: [['X-CSRF-Token', value ?? '']] })
}

describe.each(adapters)('the double submit with keyRotation on $name', (adapter) => {
  it.each(['ES256', 'HS256'] as const)('outlives a rotation of %s keys', async (algorithm) => {
    const app = await startCookies(adapter, {
      secret: undefined,
      keyRotation: { wrap: WRAP, algorithm },
      keyStore: { useValue: new TestKeyStore() },
      csrf: { doubleSubmit: true },
    })
    const keys = app.nest.get(KeyService)
    const browser = new Browser(app)
    expect((await browser.post('/auth/login', ada)).status).toBe(200)
    const before = browser.cookie('csrf_token')
    const [first] = await keys.list()
    await keys.rotate({ immediately: true })

    expect((await submit(browser, '/me')).status).toBeLessThan(300)
    expect((await submit(browser, '/auth/refresh')).status).toBe(200)
    expect(browser.cookie('csrf_token')).not.toBe(before)
    expect((await submit(browser, '/me')).status).toBeLessThan(300)

    await keys.revoke(first?.kid ?? '')
    expect((await submit(browser, '/me')).status).toBeLessThan(300)
    expect(await submit(browser, '/me', before)).toMatchObject(refused(403, 'csrf_failed'))
  })
})
