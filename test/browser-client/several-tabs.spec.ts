import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { Api, expired, gate } from './api.js'
import { resetPage, setModernPage } from './page.js'
import { closeTabs, openTab, statusesOf, type Tab } from './tabs.js'

const { BroadcastChannel } = globalThis

let api: Api

beforeEach(async () => {
  setModernPage()
  api = await new Api().start()
})

afterEach(async () => {
  jest.restoreAllMocks()
  closeTabs()
  resetPage()
  await api.stop()
})

const call = (tab: Tab) => tab.authFetch(`${api.origin}/items`)

/** So many tabs, of which the first signs in. */
async function signedInTabs(count: number): Promise<Tab[]> {
  const tabs = Array.from({ length: count }, () => openTab({ mode: 'bearer', refreshUrl: api.refreshUrl }))
  await tabs[0]?.authFetch.signedIn(api.tokens)
  expect(await statusesOf(tabs.map(call))).toEqual(Array(count).fill(200))
  return tabs
}

describe('several tabs in bearer mode', () => {
  it('are all signed in by a login in one of them, and later ones too, without a refresh', async () => {
    await signedInTabs(3)
    const later = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl })

    expect((await call(later)).status).toBe(200)
    expect(api.refreshes).toBe(0)
    expect(new Set(api.to('/items').map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer access-1']),
    )
  })

  it('refresh once for all calls of all of them', async () => {
    const tabs = await signedInTabs(4)
    api.expire()
    const before = api.to('/items').length
    api.beforeRefresh = () => api.seen('/items', before + 20)
    const answers = tabs.flatMap((tab) => Array.from({ length: 5 }, () => call(tab)))

    expect(await statusesOf(answers)).toEqual(Array(20).fill(200))
    expect(api.refreshes).toBe(1)
    expect(api.to('/items')).toHaveLength(before + 40)
  })

  it('refresh once, again and again', async () => {
    const tabs = await signedInTabs(2)
    for (let round = 1; round <= 5; round++) {
      api.expire()
      const before = api.to('/items').length
      api.beforeRefresh = () => api.seen('/items', before + 2)

      expect(await statusesOf(tabs.map(call))).toEqual([200, 200])
      expect(api.refreshes).toBe(round)
    }
  })

  it('refresh where the tokens of another one have come too long ago, because this one slept', async () => {
    const [first, second] = (await signedInTabs(2)) as [Tab, Tab]
    const held = gate()
    const { handle } = api
    api.expire()
    api.handle = async () => {
      await held.opened
      return expired
    }
    const before = api.to('/items').length
    const slept = call(second)
    await api.seen('/items', before + 1)
    api.handle = handle
    expect((await call(first)).status).toBe(200)

    const now = Date.now()
    jest.spyOn(Date, 'now').mockImplementation(() => now + 61_000)
    api.expire()
    held.open()
    expect((await slept).status).toBe(200)
    expect(api.refreshes).toBe(2)
  })

  it('are all told, each once, when the session is over', async () => {
    const tabs = await signedInTabs(3)
    api.expire()
    api.handleRefresh = () => ({ status: 401, body: {} })
    const before = api.to('/items').length
    api.beforeRefresh = () => api.seen('/items', before + 3)

    expect(await statusesOf(tabs.map(call))).toEqual([401, 401, 401])
    expect(tabs.map((tab) => tab.ends())).toEqual([1, 1, 1])
    expect((await call(tabs[0]!)).status).toBe(401)
    expect(tabs.map((tab) => tab.ends())).toEqual([2, 1, 1])
    expect(api.refreshes).toBe(1)
  })

  it('are all told, whatever a listener or onSessionEnd of one of them throws', async () => {
    const logged = jest.spyOn(console, 'error').mockImplementation(() => {})
    const broken = (text: string) => () => {
      throw new Error(text)
    }
    const told: [number, boolean][] = []
    const ends = [gate(), gate()]
    const tabs = ends.map(({ open }, tab) => {
      const onSessionEnd = () => {
        open()
        broken('a broken router')()
      }
      const opened = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl, onSessionEnd })
      opened.authFetch.subscribe(broken('a broken component'))
      opened.authFetch.subscribe((signedIn) => told.push([tab, signedIn]))
      return opened
    })
    await tabs[0]?.authFetch.signedIn(api.tokens)
    expect(await statusesOf(tabs.map(call))).toEqual([200, 200])
    api.expire()
    api.handleRefresh = () => expired

    expect((await call(tabs[0] as Tab)).status).toBe(401)
    await Promise.all(ends.map(({ opened }) => opened))
    expect(told).toEqual([
      [0, true],
      [1, true],
      [0, false],
      [1, false],
    ])
    const errors = logged.mock.calls.map(String)
    expect(errors.filter((error) => error === 'Error: a broken component')).toHaveLength(4)
    expect(errors.filter((error) => error === 'Error: a broken router')).toHaveLength(2)
  })

  it('are all signed out by one of them, which needs not be told', async () => {
    const told = gate()
    const [first] = await signedInTabs(1)
    const other = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl, onSessionEnd: told.open })
    expect((await call(other)).status).toBe(200)
    await first?.authFetch.signedOut()
    await told.opened

    expect(other.ends()).toBe(1)
    expect(first?.ends()).toBe(0)
    expect((await call(other)).status).toBe(401)
    expect(api.calls.at(-1)?.headers).not.toHaveProperty('authorization')
  })

  it.each([
    ['in the same millisecond', 0],
    ['after the clock was set back', -3_600_000],
  ])('hear of a logout %s as the login', async (_, later) => {
    const now = Date.now()
    const clock = jest.spyOn(Date, 'now').mockReturnValue(now)
    const [first, other] = (await signedInTabs(2)) as [Tab, Tab]
    const told: boolean[] = []
    const heard = new Promise<void>((resolve) => {
      other.authFetch.subscribe((signedIn) => {
        told.push(signedIn)
        if (signedIn) resolve()
      })
    })
    clock.mockReturnValue(now + later)
    await first.authFetch.signedOut()
    clock.mockReturnValue(now + 1000)
    await first.authFetch.signedIn(api.tokens)
    await heard

    expect(told).toEqual([false, true])
    expect(other.ends()).toBe(1)
  })

  it('are not told of a call that a new one made without a session', async () => {
    const [first] = await signedInTabs(1)
    await first?.authFetch.signedOut()
    const later = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl })

    expect((await call(later)).status).toBe(401)
    expect([first?.ends(), later.ends()]).toEqual([0, 1])
  })

  it('go on when the one that was to refresh fails for now', async () => {
    const tabs = await signedInTabs(2)
    api.expire()
    const works = api.handleRefresh
    api.handleRefresh = (request) => (api.refreshes === 1 ? { status: 503, body: {} } : works(request))
    const before = api.to('/items').length
    api.beforeRefresh = () => api.seen('/items', before + 2)

    expect(new Set(await statusesOf(tabs.map(call)))).toEqual(new Set([200, 503]))
    expect(tabs.map((tab) => tab.ends())).toEqual([0, 0])
    expect(await statusesOf(tabs.map(call))).toEqual([200, 200])
  })

  it('go on when another one is closed', async () => {
    const [first, second] = await signedInTabs(2)
    first?.authFetch.close()
    api.expire()

    expect(await statusesOf([call(second as Tab)])).toEqual([200])
    expect(await statusesOf([call(first as Tab)])).toEqual([200])
  })

  it('keep apart what belongs to another API', async () => {
    const other = await new Api().start()
    await signedInTabs(1)
    const elsewhere = openTab({ mode: 'bearer', refreshUrl: other.refreshUrl })

    expect((await elsewhere.authFetch(`${other.origin}/items`)).status).toBe(401)
    expect(other.calls[0]?.headers).not.toHaveProperty('authorization')
    await other.stop()
  })
})

describe('a storage of the app’s own', () => {
  const stored = () => {
    const box: { token: string | undefined } = { token: undefined }
    return {
      box,
      storage: {
        get: async () => box.token ?? null,
        set: async (token: string | undefined) => {
          box.token = token
        },
      },
    }
  }

  it('keeps the refresh token when all tabs are closed', async () => {
    const { box, storage } = stored()
    const first = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl, storage })
    await first.authFetch.signedIn(api.tokens)
    expect(box.token).toBe('refresh-1')
    closeTabs()

    api.expire()
    const reloaded = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl, storage })
    expect((await call(reloaded)).status).toBe(200)
    expect(box.token).toBe('refresh-2')
    // Before the first call, so that a route for everyone knows who is there.
    expect(api.calls.map(({ path }) => path)).toEqual(['/auth/refresh', '/items'])
  })

  it('is emptied when the session ends, and by a logout', async () => {
    const { box, storage } = stored()
    const tab = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl, storage })
    await tab.authFetch.signedIn(api.tokens)
    await tab.authFetch.signedOut()
    expect(box.token).toBeUndefined()

    await tab.authFetch.signedIn({ access_token: 'old', refresh_token: 'old' })
    expect((await call(tab)).status).toBe(401)
    expect(box.token).toBeUndefined()
    expect(tab.ends()).toBe(1)
  })

  it('is the only place of the refresh token: no tab is sent it', async () => {
    const { storage } = stored()
    const heard: unknown[] = []
    const channel = new BroadcastChannel(`nest-jwt-auth ${api.refreshUrl}`)
    const done = gate()
    channel.addEventListener('message', (event) => {
      heard.push((event as MessageEvent).data)
      if (JSON.stringify(heard).includes('access-1')) done.open()
    })
    const tab = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl, storage })
    await tab.authFetch.signedIn(api.tokens)
    await done.opened
    channel.close()

    expect(JSON.stringify(heard)).not.toContain('refresh-1')
  })

  it('that is down before a first call gives what the refresh answered', async () => {
    const { box, storage } = stored()
    box.token = 'refresh-1'
    api.handleRefresh = () => ({ status: 503, body: {} })
    const tab = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl, storage })

    expect((await call(tab)).status).toBe(503)
    expect(tab.ends()).toBe(0)
    expect(box.token).toBe('refresh-1')
  })

  it('has the refresh token before any tab is told of the login or refresh', async () => {
    const { box, storage } = stored()
    const held = gate()
    const slow = {
      ...storage,
      set: async (token: string | undefined) => {
        await held.opened
        return storage.set(token)
      },
    }
    const tab = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl, storage: slow })
    const seen: unknown[] = []
    tab.authFetch.subscribe(() => seen.push(box.token))
    const signedIn = tab.authFetch.signedIn(api.tokens)
    held.open()
    await signedIn
    await tab.authFetch.signedOut()

    expect(seen).toEqual(['refresh-1', undefined])
  })

  it('that fails rejects the login, the call that refreshes and the logout, and changes no session', async () => {
    const full = new Error('The disk is full.')
    const { storage } = stored()
    let isFull = true
    const failing = {
      ...storage,
      set: async (token: string | undefined) => {
        if (isFull) throw full
        return storage.set(token)
      },
    }
    const tab = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl, storage: failing })
    const told: boolean[] = []
    tab.authFetch.subscribe((signedIn) => told.push(signedIn))
    await expect(tab.authFetch.signedIn(api.tokens)).rejects.toBe(full)
    expect(told).toEqual([])

    isFull = false
    await tab.authFetch.signedIn(api.tokens)
    isFull = true
    await expect(tab.authFetch.signedOut()).rejects.toBe(full)
    expect((await call(tab)).status).toBe(200)
    api.expire()
    await expect(call(tab)).rejects.toBe(full)
    expect(told).toEqual([true])
    isFull = false
    expect((await call(tab)).status).toBe(200)
  })
})
