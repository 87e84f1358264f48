import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { launchChromium, PATIENCE } from '../support/chromium.js'
import { run, workspaceRoot } from '../support/run.js'
import { describeWith } from '../support/services.js'
import { entryPointsOf } from '../packaging/tarball.js'

const pages = readdirSync(join(workspaceRoot, 'docs'))
  .filter((file) => file.endsWith('.md') && file !== 'index.md')
  .map((file) => file.replace('.md', ''))

let site: string
beforeAll(async () => {
  site = await mkdtemp(join(tmpdir(), 'site-'))
  await run('node', ['scripts/docs.mjs', site])
})
afterAll(() => rm(site, { recursive: true }))

/** The modules of the build, which are plain JavaScript. */
async function load<Module>(path: string): Promise<Module> {
  return import(new URL(path, import.meta.url).href) as Promise<Module>
}

describe('the site that npm run docs builds', () => {
  it('has each page of docs/, and names it in the navigation', async () => {
    const { pagesInOrder } = await load<{ pagesInOrder: { pages: string[] }[] }>(
      '../../docs/.vitepress/navigation.mjs',
    )
    expect(pagesInOrder.flatMap((group) => group.pages).toSorted()).toEqual(pages.toSorted())
    expect(pages.filter((page) => !existsSync(join(site, `${page}.html`)))).toEqual([])
  })

  it('has a page of the API for each entry of the packages', () => {
    const entries = readdirSync(join(workspaceRoot, 'packages')).flatMap((folder) => entryPointsOf(folder))
    expect(entries).toEqual(expect.arrayContaining(['@nest-jwt-auth/core', '@nest-jwt-auth/core/testing']))
    expect(entries.filter((entry) => !existsSync(join(site, `api/${entry}/index.html`)))).toEqual([])
  })

  it('has an llms.txt with each page, by a title and a sentence', () => {
    const lines = readFileSync(join(site, 'llms.txt'), 'utf8').split('\n')
    expect(lines[0]).toBe('# nest-jwt-auth')
    const listed = lines.flatMap((line) => /^- \[[^\]]+\]\(([\w-]+)\.md\): .{10}/.exec(line)?.[1] ?? [])
    expect(listed.toSorted()).toEqual(pages.toSorted())
    // The links lead to the pages as they were written.
    expect(pages.filter((page) => !existsSync(join(site, `${page}.md`)))).toEqual([])
  })

  it('has no link that leads nowhere, and notices one', async () => {
    const { deadLinks } = await load<{ deadLinks: (site: string) => string[] }>(
      '../../scripts/dead-links.mjs',
    )
    expect(deadLinks(site)).toEqual([])

    const broken = await mkdtemp(join(tmpdir(), 'broken-site-'))
    await cp(site, broken, { recursive: true })
    const home = join(broken, 'index.html')
    const links = '<a href="/no-page">1</a> <a href="/errors#no-heading">2</a> <img src="no.png">'
    writeFileSync(home, readFileSync(home, 'utf8').replace('</body>', `${links}</body>`))
    await rm(join(broken, 'keys.html'))
    expect(deadLinks(broken)).toEqual(
      expect.arrayContaining([
        'index.html → /no-page',
        'index.html → /errors#no-heading',
        'index.html → no.png',
        'issuers.html → /keys',
      ]),
    )
    await rm(broken, { recursive: true })
  })
})

const devices = [
  { device: 'a phone', viewport: { width: 390, height: 844 } },
  { device: 'a desktop', viewport: { width: 1440, height: 900 } },
] as const

describeWith('chromium', 'the site in a browser', (path) => {
  let server: Server
  let browser: Browser
  let url: string
  beforeAll(async () => {
    server = createServer(({ url: target = '/' }, response) => {
      const file = fileFor(decodeURIComponent(new URL(target, 'http://site').pathname))
      response.writeHead(file === undefined ? 404 : 200, {
        'content-type': TYPES[extname(file ?? '')] ?? '',
        // The names of assets hold their hash: each is asked for once, not once a page.
        ...(file?.startsWith(join(site, 'assets')) && { 'cache-control': 'max-age=3600, immutable' }),
      })
      response.end(file && readFileSync(file))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    browser = await launchChromium(path)
  })
  afterAll(async () => {
    await browser.close()
    server.closeAllConnections()
    server.close()
  })

  const TYPES: Record<string, string> = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.woff2': 'font/woff2',
  }
  const fileFor = (target: string) =>
    [target, `${target}.html`, `${target}/index.html`]
      .map((name) => join(site, name))
      .find((file) => extname(file) !== '' && existsSync(file))

  /** A page of a new browser, and what it asked for elsewhere or complained about. */
  async function open(viewport?: { width: number; height: number }) {
    const context = await browser.newContext(viewport && { viewport })
    context.setDefaultTimeout(PATIENCE)
    const page = await context.newPage()
    const problems: string[] = []
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) problems.push(`asks for ${request.url()}`)
    })
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) problems.push(message.text())
    })
    page.on('pageerror', (error) => problems.push(error.message))
    return { page, problems }
  }

  it('fits on a phone and on a desktop, and asks no other host for anything', async () => {
    const { page, problems } = await open()
    const [phone] = devices
    for (const name of ['', ...pages, 'api/@nest-jwt-auth/core/classes/TokenService']) {
      // On a phone a page does not fetch what its sidebar links to.
      await page.setViewportSize(phone.viewport)
      await page.goto(`${url}/${name}`)
      for (const { device, viewport } of devices) {
        await page.setViewportSize(viewport)
        const width = await page.evaluate('document.documentElement.scrollWidth')
        if (width !== viewport.width) problems.push(`${name} is ${String(width)} wide on ${device}`)
      }
    }
    expect(problems).toEqual([])
    await page.context().close()
  })

  it.each(devices)('finds a page by words of its text on $device', async ({ viewport }) => {
    const { page, problems } = await open(viewport)
    await page.goto(url)
    await search(page, 'token_expired')
    const found = page.locator('.VPLocalSearchBox .result').first()
    await found.waitFor()
    expect(await found.getAttribute('href')).toMatch(/^\/errors#/)
    await found.click()
    await page.locator('main').getByText('token_expired').first().waitFor()
    expect(problems).toEqual([])
    await page.context().close()
  })

  async function search(page: Page, text: string) {
    await page.locator('#local-search button').first().click()
    await page.locator('.VPLocalSearchBox input').fill(text)
  }
})
