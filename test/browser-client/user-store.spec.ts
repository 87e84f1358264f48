import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { createUserStore, type UserStore } from '@nest-jwt-auth/browser/user-store'
import { Api, expired, gate } from './api.js'
import { resetPage, setModernPage } from './page.js'
import { closeTabs, openTab, type Tab } from './tabs.js'

type User = { token: string }

let api: Api

beforeEach(async () => {
  setModernPage()
  api = await new Api().start()
})

afterEach(async () => {
  closeTabs()
  resetPage()
  await api.stop()
})

const newTab = () => openTab({ mode: 'bearer', refreshUrl: api.refreshUrl })
const storeOf = ({ authFetch }: Tab) => createUserStore<User>(authFetch, `${api.origin}/me`)

/** Subscribes, and gives what the store holds once it is `wanted`. */
function becomes(store: UserStore<User>, wanted: (user: User | null | undefined) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => wanted(store.get()) && resolve()
    store.subscribe(look)
    look()
  })
}
const isUser = (user: User | null | undefined) => !!user
const isNobody = (user: User | null | undefined) => user === null

describe('subscribe', () => {
  it('tells of logins and logouts in all tabs, each once, and never of a refresh', async () => {
    const tabs = [newTab(), newTab()]
    const told: [number, boolean][] = []
    tabs.forEach(({ authFetch }, tab) => authFetch.subscribe((signedIn) => told.push([tab, signedIn])))
    await tabs[0]?.authFetch.signedIn(api.tokens)
    api.expire()
    expect((await tabs[1]?.authFetch(`${api.origin}/items`))?.status).toBe(200)
    expect(api.refreshes).toBe(1)
    const heard = new Promise<void>((resolve) => tabs[1]?.authFetch.subscribe(() => resolve()))
    await tabs[0]?.authFetch.signedOut()
    await heard
    expect(told).toEqual([
      [0, true],
      [1, true],
      [0, false],
      [1, false],
    ])
  })

  it('tells of a session that the server has ended, and nothing to a listener that was removed', async () => {
    const { authFetch } = newTab()
    const told: unknown[] = []
    authFetch.subscribe((signedIn) => told.push(signedIn))
    const stop = authFetch.subscribe(() => told.push('removed'))
    stop()
    await authFetch.signedIn(api.tokens)
    api.expire()
    api.handleRefresh = () => expired
    expect((await authFetch(`${api.origin}/me`)).status).toBe(401)
    expect(told).toEqual([true, false])
  })
})

describe('createUserStore', () => {
  it('asks once for all components, and only when the first one subscribes', async () => {
    const tab = newTab()
    await tab.authFetch.signedIn(api.tokens)
    const store = storeOf(tab)
    expect([store.get(), api.calls.length]).toEqual([undefined, 0])
    const stops = [1, 2, 3].map(() => store.subscribe(() => {}))
    for (const stop of stops) stop()
    await becomes(store, isUser)
    expect(store.get()?.token).toBe('access-1')
    expect(api.to('/me')).toHaveLength(1)
  })

  it('follows logins and logouts of other tabs, without a call for a logout', async () => {
    const tabs = [newTab(), newTab()]
    const [here, there] = tabs.map(storeOf) as [UserStore<User>, UserStore<User>]
    await Promise.all([becomes(here, isNobody), becomes(there, isNobody)])
    await tabs[1]?.authFetch.signedIn(api.tokens)
    await Promise.all([becomes(here, isUser), becomes(there, isUser)])
    const before = api.calls.length
    await tabs[0]?.authFetch.signedOut()
    await Promise.all([becomes(here, isNobody), becomes(there, isNobody)])
    expect(api.calls).toHaveLength(before)
  })

  it('ignores an answer that arrives after a logout', async () => {
    const tab = newTab()
    await tab.authFetch.signedIn(api.tokens)
    const store = storeOf(tab)
    const { opened, open } = gate()
    const { handle } = api
    api.handle = async (call) => {
      await opened
      return handle(call)
    }
    const seen: unknown[] = []
    store.subscribe(() => seen.push(store.get()))
    await api.seen('/me', 1)
    await tab.authFetch.signedOut()
    const answered = store.reload()
    open()
    await answered
    expect(seen).toEqual([null, null])
  })

  it('ignores an answer to a question from before a logout, or before another login', async () => {
    const tab = newTab()
    await tab.authFetch.signedIn(api.tokens)
    const store = storeOf(tab)
    await becomes(store, isUser)
    const { opened, open } = gate()
    const { handle } = api
    api.handle = async () => {
      await opened
      return { status: 200, body: { token: 'of before' } }
    }
    const seen: unknown[] = []
    store.subscribe(() => seen.push(store.get()?.token))
    const answered = store.reload()
    await api.seen('/me', 2)
    api.handle = handle
    await tab.authFetch.signedOut()
    open()
    await answered
    expect(seen).toEqual([undefined])
  })

  it('tells every listener, whatever another one throws, and reload does not reject', async () => {
    const tab = newTab()
    const logged = jest.spyOn(console, 'error').mockImplementation(() => {})
    const store = storeOf(tab)
    store.subscribe(() => {
      throw new Error('a broken component')
    })
    await tab.authFetch.signedIn(api.tokens)
    await becomes(store, isUser)
    await store.reload()
    expect(String(logged.mock.lastCall)).toBe('Error: a broken component')
    logged.mockRestore()
  })

  it.each([
    ['503', () => ({ status: 503, body: {} })],
    ['no answer', () => undefined],
  ])('knows nobody after %s, and asks again with reload', async (_, handle) => {
    const tab = newTab()
    await tab.authFetch.signedIn(api.tokens)
    const store = storeOf(tab)
    const good = api.handle
    api.handle = handle
    await store.reload()
    expect(store.get()).toBe(undefined)
    api.handle = good
    await becomes(store, isUser)
    api.expire()
    await store.reload()
    expect(store.get()?.token).toBe('access-2')
  })
})
