import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { clientCode, sampleOn } from '../browser-client/in-chromium/app.js'
import { launchChromium, PATIENCE } from '../support/chromium.js'
import { describeWith } from '../support/services.js'
import { appsOf } from './code-blocks.js'
import { useCompiler, whileRunning } from './compiled-apps.js'
import { ada } from './same-origin.js'

const page = 'docs/browser-spa.md'
const JWT_SECRET = 'g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ'

const html = `<!doctype html>
<link rel="icon" href="data:," />
<script type="importmap">{ "imports": { "@nest-jwt-auth/browser": "/client.js" } }</script>
<script type="module">globalThis.sample = await import('/sample.js')</script>`

/** A static server for the page, on a port of its own. `files` are read at each request. */
async function servePage(files: Record<string, string>): Promise<{ origin: string; server: Server }> {
  const server = createServer(({ url = '/' }, response) => {
    const text = files[url]
    const type = url.endsWith('.js') ? 'text/javascript' : 'text/html'
    response.writeHead(text === undefined ? 404 : 200, { 'content-type': type }).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, server }
}

const compiled = useCompiler()

describeWith('chromium', `the page and the API of ${page}, on two ports`, (executable) => {
  const files: Record<string, string> = { '/': html, '/client.js': clientCode }
  let browser: Browser
  let own: Awaited<ReturnType<typeof servePage>>
  let strange: Awaited<ReturnType<typeof servePage>>

  beforeAll(async () => {
    browser = await launchChromium(executable)
    own = await servePage(files)
    strange = await servePage(files)
  })
  afterAll(async () => {
    await browser.close()
    own.server.close()
    strange.server.close()
  })

  const evaluate = (tab: Page, code: string) => tab.evaluate(`(async () => { ${code} })()`)

  it('stay signed in, and a page of another origin changes nothing', async () => {
    const api = await compiled('spa', appsOf(page).get('') ?? [])
    await whileRunning(api, { JWT_SECRET, PAGE_ORIGIN: own.origin }, async (port) => {
      const url = `http://127.0.0.1:${port}`
      files['/sample.js'] = sampleOn(page, 'cookie').replace('http://localhost:3000', url)
      const context = await browser.newContext()
      context.setDefaultTimeout(PATIENCE)
      const open = async (origin: string) => {
        const tab = await context.newPage()
        await tab.goto(origin)
        await tab.waitForFunction('globalThis.sample')
        return tab
      }

      const tab = await open(own.origin)
      expect(await evaluate(tab, `return sample.logIn('ada', 'wrong')`)).toBe(false)
      expect(await evaluate(tab, `return sample.logIn('ada', '${ada.password}')`)).toBe(true)
      expect(await evaluate(tab, `return (await sample.addNote('first')).status`)).toBe(201)

      await context.clearCookies({ name: 'access_token' })
      const notes = { sub: 'ada', notes: ['first'] }
      expect(await evaluate(tab, 'return sample.readNotes()')).toEqual(notes)

      const other = await open(strange.origin)
      expect(await evaluate(other, `return sample.addNote('second').catch(({ name }) => name)`)).toBe(
        'TypeError',
      )
      const form = `{ method: 'POST', mode: 'no-cors', credentials: 'include', body: new URLSearchParams({ text: 'third' }) }`
      const answered = other.waitForResponse(`${url}/notes`)
      await evaluate(other, `await fetch('${url}/notes', ${form})`)
      expect((await answered).status()).toBe(403)
      expect(await evaluate(tab, 'return sample.readNotes()')).toEqual(notes)
      await context.close()
    })
  })
})
