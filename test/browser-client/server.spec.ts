import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { run } from '../support/run.js'
import { Api } from './api.js'

/** Runs a module in a Node process of its own, as published, and gives what it prints. It must end by itself. */
async function onServer(code: string): Promise<unknown> {
  return JSON.parse(await run('node', ['--input-type=module', '--eval', code]))
}

const importClient = `const { createAuthFetch } = await import('@nest-jwt-auth/browser')`

/** Notes every use of what the tabs of a browser share. */
const noteSharing = `
  const shared = []
  globalThis.BroadcastChannel = class { constructor(name) { shared.push(name) } addEventListener() {} postMessage() {} close() {} }
  const locks = { request: (name, work) => { shared.push(name); return work() } }
  Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { locks } })`

const renderPages = (url: string) => `
  async function renderPage(tokens) {
    const authFetch = createAuthFetch({ mode: 'bearer', refreshUrl: '${url}/auth/refresh' })
    if (tokens) await authFetch.signedIn(tokens)
    await new Promise((resolve) => setTimeout(resolve, 10))
    return (await authFetch('${url}/me')).json()
  }
  const tokensOf = (user) => ({ access_token: 'access-of-' + user, refresh_token: 'refresh-of-' + user })
  const pages = await Promise.all([renderPage(tokensOf('ann')), renderPage(tokensOf('bob')), renderPage()])`

describe('createAuthFetch on a server', () => {
  let api: Api

  beforeEach(async () => {
    api = await new Api().start()
    api.handle = ({ headers }) => ({ status: 200, body: headers.authorization ?? 'nobody' })
  })

  afterEach(() => api.stop())

  it('shares nothing between pages that are rendered at the same time, and lets the process end', async () => {
    const pages = await onServer(`
      ${importClient}
      ${renderPages(api.origin)}
      console.log(JSON.stringify(pages))`)
    expect(pages).toEqual(['Bearer access-of-ann', 'Bearer access-of-bob', 'nobody'])
  })

  it.each([
    ['on its own', ''],
    ['with a document to render with', 'globalThis.document = { cookie: "", defaultView: {} }'],
    ['with a document that has no window', 'globalThis.document = { cookie: "" }'],
  ])('opens no channel and takes no lock, refreshes included: %s', async (_, prepare) => {
    api.handle = ({ headers }) => ({
      status: headers.authorization?.includes('-of-') ? 401 : 200,
      body: {
        errorCode: 'token_expired',
        youAre: headers.authorization ?? 'nobody',
      },
    })
    api.handleRefresh = ({ body }) => ({
      status: 200,
      body: { access_token: `new-for-${(JSON.parse(body) as { refresh_token: string }).refresh_token}` },
    })
    const answer = await onServer(`
      ${noteSharing}
      ${prepare}
      ${importClient}
      ${renderPages(api.origin)}
      console.log(JSON.stringify({ pages, shared }))`)
    expect(answer).toEqual({
      shared: [],
      pages: [
        { errorCode: 'token_expired', youAre: 'Bearer new-for-refresh-of-ann' },
        { errorCode: 'token_expired', youAre: 'Bearer new-for-refresh-of-bob' },
        { errorCode: 'token_expired', youAre: 'nobody' },
      ],
    })
  })

  it('is created where there is nothing of a browser, also with relative URLs; only a call needs one', async () => {
    const answer = await onServer(`
      const names = ['fetch', 'Request', 'Response', 'Headers', 'AbortController', 'AbortSignal', 'BroadcastChannel', 'navigator', 'URL']
      const kept = Object.fromEntries(names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]))
      for (const name of names) delete globalThis[name]
      ${importClient}
      const make = (mode) => createAuthFetch({ mode, refreshUrl: '/auth/refresh' })
      const clients = [make('bearer'), make('cookie')]
      for (const name of names) if (kept[name]) Object.defineProperty(globalThis, name, kept[name])
      const outcomes = await Promise.all(clients.map((authFetch) => authFetch('/me').then(String, ({ name }) => name)))
      for (const authFetch of clients) authFetch.close()
      console.log(JSON.stringify(outcomes))`)
    expect(answer).toEqual(['TypeError', 'TypeError'])
  })

  it('keeps no process alive that has created one and not closed it', async () => {
    const started = await onServer(`
      ${importClient}
      const clients = ['bearer', 'cookie'].map((mode) => createAuthFetch({ mode, refreshUrl: '${api.refreshUrl}' }))
      await clients[0].signedIn({ access_token: 'a', refresh_token: 'b' })
      console.log(JSON.stringify(clients.length))`)
    expect(started).toBe(2)
  })
})
