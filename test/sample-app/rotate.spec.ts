import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { demoUsers } from '../../sample-app/src/dev/demo-data.js'
import { sendRequest } from '../support/http.js'
import { kidOf } from '../keys/fleet.js'
import { type Home, newFolder } from './shop.js'
import { ShopProcess } from './shop-process.js'

let home: Home
beforeAll(async () => {
  home = await newFolder()
})
afterEach(() => ShopProcess.endAll())
afterAll(() => home.remove())

async function login(port: number): Promise<string> {
  const { body } = await sendRequest(port, { method: 'POST', path: '/auth/login', body: demoUsers.member })
  return (body as { access_token: string }).access_token
}

describe('npm run rotate of the sample app', () => {
  it('lets another key sign, and the tokens of the old one stay good', async () => {
    const before = new ShopProcess('main.js', home.env)
    const token = await login(await before.port())
    expect(await before.stop()).toBe(0)

    const command = new ShopProcess('rotate.js', home.env)
    expect(await command.ended).toBe(0)
    expect(command.stderr).toBe('')
    const [old, next] = [...command.stdout.matchAll(/ (?:by|key) +([\w-]{43})$/gm)].map(([, kid]) => kid)
    expect(old).toBe(kidOf(token))
    expect(next).not.toBe(old)
    expect(command.stdout).toMatch(new RegExp(`${old}  verifying[^]*${next}  signing`))

    const after = new ShopProcess('main.js', home.env)
    const port = await after.port()
    const headers: [string, string][] = [['Authorization', `Bearer ${token}`]]
    expect((await sendRequest(port, { path: '/me', headers })).status).toBe(200)
    expect(kidOf(await login(port))).toBe(next)
    const { body } = await sendRequest(port, { path: '/.well-known/jwks.json' })
    expect((body as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)).toEqual([old, next])
    expect(await after.stop()).toBe(0)
  })
})
