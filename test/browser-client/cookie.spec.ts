import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { Api, expired, gate } from './api.js'
import { resetPage, setModernPage, setPage } from './page.js'
import { closeTabs, openTab, statusesOf, type Tab } from './tabs.js'

describe('createAuthFetch in cookie mode', () => {
  let api: Api
  let cookie: string
  /** Whether the access cookie of the one browser is good. */
  let isSignedIn: boolean

  const open = () => openTab({ mode: 'cookie', refreshUrl: api.refreshUrl })
  const call = (tab: Tab, init?: RequestInit) => tab.authFetch(`${api.origin}/items`, init)

  beforeEach(async () => {
    cookie = ''
    isSignedIn = true
    setModernPage(() => cookie)
    api = await new Api().start()
    api.handle = () => (isSignedIn ? { status: 200, body: {} } : expired)
    api.handleRefresh = () => {
      isSignedIn = true
      return { status: 200, body: { token_type: 'Bearer', expires_in: 900 } }
    }
  })

  afterEach(async () => {
    closeTabs()
    resetPage()
    await api.stop()
  })

  it('sends no token itself, and refreshes with an empty body', async () => {
    isSignedIn = false

    expect((await call(open())).status).toBe(200)
    expect(api.calls.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['GET', '/items', ''],
      ['POST', '/auth/refresh', ''],
      ['GET', '/items', ''],
    ])
    for (const { headers } of api.calls) {
      expect(headers).not.toHaveProperty('authorization')
      expect(headers).not.toHaveProperty('x-csrf-token')
    }
    expect(api.to('/auth/refresh')[0]?.headers).not.toHaveProperty('content-type')
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    'repeats the readable cookie in the header of a %s',
    async (method) => {
      cookie = 'xcsrf_token=no; a=1; csrf_token=the-value; csrf_token2=no'
      const tab = open()
      isSignedIn = false
      expect((await call(tab, { method })).status).toBe(200)
      expect(api.calls.map(({ headers }) => headers['x-csrf-token'])).toEqual(Array(3).fill('the-value'))
    },
  )

  it('takes the readable cookie as it is at the time', async () => {
    cookie = 'csrf_token=old'
    isSignedIn = false
    const works = api.handleRefresh
    api.handleRefresh = (request) => {
      cookie = 'csrf_token=new'
      return works(request)
    }
    expect((await call(open(), { method: 'POST' })).status).toBe(200)
    expect(api.calls.map(({ headers }) => headers['x-csrf-token'])).toEqual(['old', 'old', 'new'])
  })

  it.each(['GET', 'HEAD'])('sends no such header with a %s, nor to other origins', async (method) => {
    cookie = 'csrf_token=the-value'
    const other = await new Api().start()
    const tab = open()
    await call(tab, { method })
    await tab.authFetch(`${other.origin}/items`, { method: 'POST' })

    for (const { headers } of [...api.calls, ...other.calls])
      expect(headers).not.toHaveProperty('x-csrf-token')
    await other.stop()
  })

  it('lets cookies go along to the app’s origins, unless the caller says otherwise', async () => {
    const sent: [string, string][] = []
    const recording: typeof fetch = async (input, init) => {
      const request = new Request(input, init)
      sent.push([new URL(request.url).pathname, request.credentials])
      return fetch(request)
    }
    const { authFetch } = openTab({ mode: 'cookie', refreshUrl: api.refreshUrl, fetch: recording })
    isSignedIn = false
    await authFetch(`${api.origin}/a`)
    await authFetch(`${api.origin}/b`, { credentials: 'omit' })
    await authFetch(new Request(`${api.origin}/c`, { credentials: 'same-origin' }))
    await authFetch('data:,d')

    expect(sent).toEqual([
      ['/a', 'include'],
      ['/auth/refresh', 'include'],
      ['/a', 'include'],
      ['/b', 'omit'],
      ['/c', 'same-origin'],
      [',d', 'same-origin'],
    ])
  })

  it('refreshes once for all calls of all tabs', async () => {
    const tabs = [open(), open(), open()]
    isSignedIn = false
    api.beforeRefresh = () => api.seen('/items', 12)

    expect(await statusesOf(tabs.flatMap((tab) => Array.from({ length: 4 }, () => call(tab))))).toEqual(
      Array(12).fill(200),
    )
    expect(api.refreshes).toBe(1)
  })

  it('works where there is nothing but fetch', async () => {
    setPage({})
    const tab = open()
    isSignedIn = false

    expect((await call(tab, { method: 'POST' })).status).toBe(200)
    expect(api.refreshes).toBe(1)
  })

  it('tells every tab that the session is over, and asks again at the next call', async () => {
    const told = gate()
    const first = open()
    const second = openTab({ mode: 'cookie', refreshUrl: api.refreshUrl, onSessionEnd: told.open })
    isSignedIn = false
    const works = api.handleRefresh
    api.handleRefresh = () => ({ status: 401, body: { errorCode: 'token_missing' } })

    expect((await call(first)).status).toBe(401)
    await told.opened
    expect([first.ends(), second.ends()]).toEqual([1, 1])

    // A login that nobody told the client of: in another tab, by a form.
    api.handleRefresh = works
    expect((await call(first)).status).toBe(200)
  })

  it('gives a call its 401, and makes a logout succeed, when what is told of the end throws', async () => {
    const logged = jest.spyOn(console, 'error').mockImplementation(() => {})
    const broken = () => {
      throw new Error('not ready')
    }
    const tab = openTab({ mode: 'cookie', refreshUrl: api.refreshUrl, onSessionEnd: broken })
    tab.authFetch.subscribe(broken)
    isSignedIn = false
    api.handleRefresh = () => expired

    expect((await call(tab)).status).toBe(401)
    await tab.authFetch.signedOut()
    expect(tab.ends()).toBe(1)
    expect(logged.mock.calls.map(String)).toEqual(Array(3).fill('Error: not ready'))
    logged.mockRestore()
  })

  it('refreshes in a tab that hears only then of a login that is long past', async () => {
    const first = open()
    await first.authFetch.signedIn()
    const later = open()
    isSignedIn = false

    expect((await call(later)).status).toBe(200)
    expect(api.refreshes).toBe(1)
  })

  it('tells the other tabs of a logout', async () => {
    const told = gate()
    const first = open()
    const second = openTab({ mode: 'cookie', refreshUrl: api.refreshUrl, onSessionEnd: told.open })
    await first.authFetch.signedOut()
    await told.opened

    expect([first.ends(), second.ends()]).toEqual([0, 1])
  })
})
