import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { Api, expired, gate } from './api.js'
import { FakeLocks, resetPage, setPage } from './page.js'
import { closeTabs, openTab, statusesOf, type Tab } from './tabs.js'

const { BroadcastChannel } = globalThis
const document = { cookie: '' }
const blocked = () => new DOMException('The operation is insecure.', 'SecurityError')

/** Only timeouts: what a network connection needs goes on. */
function fakeTimeouts(): void {
  jest.useFakeTimers({
    doNotFake: [
      'Date',
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
    ],
  })
}

/** Takes away for a while what older browsers do not have. */
async function without(object: object, name: string, work: () => Promise<unknown>): Promise<void> {
  const descriptor = Object.getOwnPropertyDescriptor(object, name)
  if (!descriptor) throw new Error(`There is no ${name} to take away.`)
  Reflect.deleteProperty(object, name)
  try {
    await work()
  } finally {
    Object.defineProperty(object, name, descriptor)
  }
}

let api: Api

beforeEach(async () => {
  api = await new Api().start()
})

afterEach(async () => {
  jest.useRealTimers()
  closeTabs()
  resetPage()
  await api.stop()
})

const call = (tab: Tab, init?: RequestInit) => tab.authFetch(`${api.origin}/items`, init)

async function openTabs(): Promise<Tab[]> {
  const tabs = Array.from({ length: 3 }, () => openTab({ mode: 'bearer', refreshUrl: api.refreshUrl }))
  for (const tab of tabs) await tab.authFetch.signedIn(api.tokens)
  expect(await statusesOf(tabs.map((tab) => call(tab)))).toEqual([200, 200, 200])
  return tabs
}

describe('createAuthFetch in several tabs of a browser', () => {
  it.each([
    ['without Web Locks', () => setPage({ document, BroadcastChannel })],
    ['without BroadcastChannel', () => setPage({ document, navigator: { locks: new FakeLocks() } })],
    ['without either', () => setPage({ document })],
    ['without either, over plain http', () => setPage({ document, navigator: {} })],
    [
      'whose privacy settings block both',
      () =>
        setPage({
          document,
          navigator: { locks: { request: () => Promise.reject(blocked()) } },
          BroadcastChannel: class {
            constructor() {
              throw blocked()
            }
          },
        }),
    ],
  ])('keeps them signed in %s, inside the grace', async (_, setOlderPage) => {
    setOlderPage()
    const tabs = await openTabs()
    api.expire()
    api.beforeRefresh = () => api.seen('/items', 9)

    expect(await statusesOf(tabs.flatMap((tab) => [call(tab), call(tab)]))).toEqual(Array(6).fill(200))
    expect(api.refreshes).toBeLessThanOrEqual(3)
    expect(tabs.map((tab) => tab.ends())).toEqual([0, 0, 0])
  })
})

describe('createAuthFetch', () => {
  let tab: Tab

  beforeEach(async () => {
    setPage({ document, navigator: { locks: new FakeLocks() } })
    tab = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl })
    await tab.authFetch.signedIn(api.tokens)
    api.expire()
  })

  it('refreshes without AbortSignal.timeout', async () => {
    await without(AbortSignal, 'timeout', async () => {
      expect((await call(tab)).status).toBe(200)
    })
  })

  it('sends a refresh that fails under a lock only once', async () => {
    api.handleRefresh = () => undefined
    await expect(call(tab)).rejects.toMatchObject({ name: 'TypeError' })
    expect(api.refreshes).toBe(1)
  })

  it('gives up a refresh that is not answered within 15 seconds, and the session goes on', async () => {
    const held = gate()
    api.beforeRefresh = () => held.opened
    fakeTimeouts()
    const outcomes = Promise.allSettled([call(tab), call(tab)])
    await api.seen('/auth/refresh', 1)
    jest.advanceTimersByTime(14_999)
    expect(api.refreshes).toBe(1)
    jest.advanceTimersByTime(1)
    const timedOut = { status: 'rejected', reason: expect.objectContaining({ name: 'TimeoutError' }) }
    expect(await outcomes).toEqual([timedOut, timedOut])
    jest.useRealTimers()
    held.open()

    api.beforeRefresh = () => {}
    expect((await call(tab)).status).toBe(200)
    expect(tab.ends()).toBe(0)
  })

  it('leaves the answer of a failed refresh readable for as long as its reader likes', async () => {
    api.handleRefresh = () => ({ status: 503, body: { errorCode: 'store_unavailable' } })
    fakeTimeouts()
    const answer = await call(tab)
    jest.advanceTimersByTime(60_000)
    expect(await answer.json()).toEqual({ errorCode: 'store_unavailable' })
  })

  it.each<[how: string, answer: () => Response]>([
    ['done', () => Response.json(api.tokens)],
    ['refused', () => Response.json({}, { status: 401 })],
    ['answered by an outage', () => Response.json({}, { status: 503 })],
    ['answered by what is no JSON', () => new Response('none')],
    [
      'not answered',
      () => {
        throw new TypeError('Failed to fetch')
      },
    ],
  ])('leaves no timer when a refresh is %s', async (_, answer) => {
    const asked: string[] = []
    const send: typeof fetch = async (input) => {
      const { url } = input as Request
      asked.push(url)
      return url === api.refreshUrl ? answer() : Response.json(expired.body, { status: 401 })
    }
    const own = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl, fetch: send })
    await own.authFetch.signedIn(api.tokens)
    fakeTimeouts()
    await call(own).catch(() => undefined)
    expect(asked).toContain(api.refreshUrl)
    expect(jest.getTimerCount()).toBe(0)
  })

  it('rejects an aborted call with an AbortError where signals have no reason', async () => {
    const held = gate()
    api.beforeRefresh = () => held.opened
    const controller = new AbortController()
    const outcome = call(tab, { signal: controller.signal }).catch((error: unknown) => error)
    await api.seen('/auth/refresh', 1)
    await without(AbortSignal.prototype, 'reason', async () => {
      controller.abort()
      expect(await outcome).toMatchObject({ name: 'AbortError' })
    })
    held.open()
  })
})
