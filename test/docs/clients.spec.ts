import { join } from 'node:path'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { type Answer, sendRequest } from '../support/http.js'
import { run } from '../support/run.js'
import { appsOf } from './code-blocks.js'
import { starterMain, useCompiler, whileRunning } from './compiled-apps.js'
import { ada, cookiesOf } from './same-origin.js'

const JWT_SECRET = 'g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ'

const compiled = useCompiler()

const compiledFrom = (page: string, app: string) =>
  compiled(`${page} ${app}`, [starterMain, ...(appsOf(page).get(app) ?? [])])

describe('docs/browser-ssr.md', () => {
  const env = { JWT_SECRET, SITE_ORIGIN: 'https://example.com' }
  let api: string
  let renderer: string

  beforeAll(async () => {
    api = await compiledFrom('docs/browser-ssr.md', '')
    renderer = await compiledFrom('docs/browser-ssr.md', 'renderer')
  })

  const logIn = async (port: number, username: string) => {
    const headers: [string, string][] = [['origin', env.SITE_ORIGIN]]
    const body = { ...ada, username }
    return cookiesOf(await sendRequest(port, { method: 'POST', path: '/auth/login', headers, body }))
  }
  const titleOf = ({ text }: Answer) => /<title>(.*)<\/title>/.exec(text)?.[1]

  it('renders each visitor their own page, and refreshes for those who come back', async () => {
    await whileRunning(api, env, async (apiPort) => {
      const API_URL = `http://127.0.0.1:${apiPort}`
      await whileRunning(renderer, { ...env, API_URL }, async (port) => {
        const render = (headers: [string, string][]) => sendRequest(port, { path: '/', headers })
        const [first, second] = [await logIn(apiPort, 'ada'), await logIn(apiPort, 'ben')]
        const pages = await Promise.all([first, second, []].map((cookies) => render(cookies)))
        expect(pages.map(titleOf)).toEqual(['ada', 'ben', 'nobody'])
        expect(pages.map(({ headers }) => headers['set-cookie'] ?? [])).toEqual([[], [], []])

        const late = first.map(([name, value]): [string, string] => [
          name,
          value.replace(/\baccess_token=[^;]*(; )?/, ''),
        ])
        expect(late[0]?.[1]).toMatch(/^refresh_token=[^;]+$/)
        const page = await render(late)
        expect(titleOf(page)).toBe('ada')
        const renewed = cookiesOf(page)
        const { body } = await sendRequest(apiPort, { path: '/me', headers: renewed })
        expect(body).toEqual({ sub: 'ada' })
        const again = await Promise.all([render(late), render(renewed)])
        expect(again.map(titleOf)).toEqual(['ada', 'ada'])
      })
    })
    await whileRunning(renderer, { ...env, API_URL: 'http://127.0.0.1:9' }, async (port) => {
      expect(await sendRequest(port, { path: '/' })).toMatchObject({ status: 502 })
    })
  })
})

describe('docs/mobile.md', () => {
  const page = 'docs/mobile.md'

  /** A start of the app, with what the device has stored: what its code prints, and the store afterwards. */
  const startApp = async (folder: string, api: string, stored: object, code: string) =>
    JSON.parse(
      await run(
        'node',
        [
          '--input-type=module',
          '--eval',
          `import { connect } from './dist/api.js'
           const stored = new Map(Object.entries(${JSON.stringify(stored)}))
           const store = {
             getItemAsync: async (key) => stored.get(key) ?? null,
             setItemAsync: async (key, value) => void stored.set(key, value),
             deleteItemAsync: async (key) => void stored.delete(key),
           }
           const shown = []
           const app = connect(${JSON.stringify(api)}, store, () => shown.push('login'))
           const me = async () => (await app.get('/me')).json().then(({ sub, errorCode }) => sub ?? errorCode)
           const said = ${code}
           console.log(JSON.stringify({ said, shown, stored: Object.fromEntries(stored) }))`,
        ],
        folder,
      ),
    ) as { said: unknown; shown: string[]; stored: { refresh_token?: string } }

  it('the app stays signed in after a restart, until it logs out', async () => {
    const phone = await compiledFrom(page, 'phone')
    await whileRunning(await compiledFrom(page, ''), { JWT_SECRET }, async (port) => {
      const start = (stored: object, code: string) =>
        startApp(join(phone), `http://127.0.0.1:${port}`, stored, code)
      const first = await start(
        {},
        `[await app.logIn('ada', 'wrong'), await app.logIn('ada', 'first-engine'), await me()]`,
      )
      expect(first).toMatchObject({ said: [false, true, 'ada'], shown: [] })
      const second = await start(first.stored, '[await me(), await me()]')
      expect(second).toMatchObject({ said: ['ada', 'ada'], shown: [] })
      expect(second.stored.refresh_token).not.toBe(first.stored.refresh_token)
      const third = await start(second.stored, '[await app.logOut()]')
      expect(third).toMatchObject({ said: [true], stored: {} })
      const stolen = await start(second.stored, '[await me()]')
      expect(stolen).toMatchObject({ said: ['token_missing'], shown: ['login'], stored: {} })
    })
  })
})
