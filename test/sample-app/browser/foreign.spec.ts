import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Page } from 'playwright-core'
import { demoUsers } from '../../../sample-app/src/dev/demo-data.js'
import { describeWith } from '../../support/services.js'
import { ShopInBrowser } from './chromium.js'
import type { Tab } from './tab.js'

const urlencoded = 'application/x-www-form-urlencoded'
const asJson = 'text/plain' // name=value, which these names and values make JSON
const forms = [
  { action: '/auth/logout', enctype: urlencoded, fields: {} },
  { action: '/auth/logout-all', enctype: urlencoded, fields: {} },
  { action: '/auth/refresh', enctype: urlencoded, fields: {} },
  { action: '/items', enctype: urlencoded, fields: { name: 'Planted' } },
  { action: '/items', enctype: asJson, fields: { '{"name":"Planted","a":"': '"}' } },
]
const { username, password } = demoUsers.admin
const logins = [
  { action: '/auth/login', enctype: urlencoded, fields: { username, password } },
  {
    action: '/auth/login',
    enctype: asJson,
    fields: { [`{"username":"${username}","password":"${password}","a":"`]: '"}' },
  },
]

interface Form {
  action: string
  enctype: string
  fields: Record<string, string>
}

// Another port is another origin of the same site: to that, browsers send cookies along.
const origins = [
  { where: 'another port', host: '127.0.0.1', refusal: { status: 403, errorCode: 'csrf_failed' } },
  { where: 'another site', host: 'localhost', refusal: {} },
]

describeWith('chromium', "the sample app's page, and the page of somebody else", (path) => {
  const shop = new ShopInBrowser(path, { ADAPTER: 'express', AUTH_MODE: 'cookie' })
  let elsewhere: Server
  beforeAll(async () => {
    elsewhere = createServer((_, response) => response.end())
    await once(elsewhere.listen(0, '127.0.0.1'), 'listening')
  })
  afterAll(() => {
    elsewhere.close()
    elsewhere.closeAllConnections()
  })

  describe.each(origins)('on $where', ({ host, refusal }) => {
    let tab: Tab
    let foreign: Page
    beforeAll(async () => {
      tab = await shop.newPerson()
      await tab.signIn('member')
      foreign = await tab.context.newPage()
    })
    afterAll(() => tab.close())
    const open = () => foreign.goto(`http://${host}:${(elsewhere.address() as AddressInfo).port}/`)

    const changesNothing = async (form: Form) => {
      const before = [await tab.cookies(), await tab.items.allInnerTexts()]
      await open()
      const answer = await submit(foreign, form, shop.url)
      expect(answer.status).toBeGreaterThanOrEqual(400)
      await tab.page.reload()
      await tab.isSignedIn('member')
      expect([await tab.cookies(), await tab.items.allInnerTexts()]).toEqual(before)
      return answer
    }

    it.each(forms)('posts $enctype to $action and is refused', async (form) => {
      expect(await changesNothing(form)).toMatchObject(refusal)
    })

    it.each(logins)('signs nobody in with $enctype', async (form) => {
      await changesNothing(form)
    })

    it('reads nothing, and sends nothing that a form could not', async () => {
      await open()
      const requests = [
        `{}`,
        `{ method: 'DELETE' }`,
        `{ method: 'POST', headers: { 'content-type': 'application/json' } }`,
      ]
      for (const request of requests) {
        const attempt = `fetch('${shop.url}/items/1', { credentials: 'include', ...${request} }).then(String, String)`
        expect(await foreign.evaluate(attempt)).toBe('TypeError: Failed to fetch')
      }
    })

    it('cannot show the shop in a frame', async () => {
      await open()
      const refused = foreign.waitForEvent('console', (message) => message.text().includes('frame-ancestors'))
      await foreign.setContent(`<iframe src="${shop.url}"></iframe>`)
      await refused
    })
  })
})

async function submit(page: Page, { action, enctype, fields }: Form, url: string) {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name='${name}' value='${value}'>`,
  )
  await page.setContent(
    `<form method="post" action="${url}${action}" enctype="${enctype}">${inputs.join('')}<button>Win!</button></form>`,
  )
  const answered = page.waitForResponse(`${url}${action}`)
  await page.getByRole('button').click()
  const response = await answered
  const text = await response.text().catch(() => '')
  const { errorCode } = JSON.parse(text || '{}') as { errorCode?: unknown }
  return { status: response.status(), errorCode }
}
