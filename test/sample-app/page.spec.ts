import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { demoUsers } from '../../sample-app/src/dev/demo-data.js'
import { adapters } from '../support/adapters.js'
import { type Home, onAnyDatabase, Shop } from './shop.js'

describe.each(adapters)("the files of the sample app's page, with $name", ({ name }) => {
  let home: Home
  let shop: Shop
  beforeAll(async () => {
    home = await onAnyDatabase()
    shop = await Shop.open({ ...home.env, ADAPTER: name, AUTH_MODE: 'cookie' })
  })
  afterAll(async () => {
    await shop.close()
    await home.remove()
  })

  it.each([
    ['/', 'text/html; charset=utf-8'],
    ['/app.css', 'text/css; charset=utf-8'],
    ['/app.js', 'text/javascript; charset=utf-8'],
    ['/auth-client.js', 'text/javascript; charset=utf-8'],
    ['/page.json', 'application/json; charset=utf-8'],
  ])('%s goes to everybody as %s, under a strict policy', async (path, type) => {
    const { status, headers } = await shop.get(path)
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'content-type': type,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
    })
    const policy = headers['content-security-policy']?.toString().split('; ')
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ]),
    )
    expect(String(policy)).not.toMatch(/unsafe|\*|http/)
  })

  it('are no way to other files', async () => {
    const statuses = await Promise.all(
      ['package.json', '..%2Fpackage.json', '..%2fsrc%2fmain.ts', 'auth-client.js.map', 'main.js'].map(
        async (file) => (await shop.get(`/${file}`)).status,
      ),
    )
    expect(statuses).toEqual([404, 404, 404, 404, 404])
  })

  it('name the mode and the demo users', async () => {
    expect((await shop.get('/page.json')).body).toEqual({
      mode: 'cookie',
      demoUsers: Object.values(demoUsers),
    })
  })

  it('get tokens by no body where cookies carry them', async () => {
    const login = await shop.post('/auth/login', demoUsers.member)
    expect([login.status, login.headers['cache-control']]).toEqual([200, 'no-store'])
    expect(login.text).not.toContain('ey')
    // The others clear what earlier settings may have left in the browser.
    const set = login.headers['set-cookie']?.filter((cookie) => !cookie.includes('Max-Age=0'))
    expect(set).toEqual([
      expect.stringMatching(/^access_token=ey[\w.-]+; .*Path=\/; .*HttpOnly/),
      expect.stringMatching(/^refresh_token=ey[\w.-]+; .*Path=\/; .*HttpOnly/),
    ])
  })
})
