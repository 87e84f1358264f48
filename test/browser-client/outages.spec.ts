import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Api, gate, type Handler } from './api.js'
import { resetPage, setPage } from './page.js'
import { closeTabs, openTab, statusesOf, type Tab } from './tabs.js'

describe('createAuthFetch, when a refresh fails', () => {
  let api: Api
  let tab: Tab
  let works: Handler

  const call = () => tab.authFetch(`${api.origin}/items`)

  beforeEach(async () => {
    setPage({})
    api = await new Api().start()
    works = api.handleRefresh
    tab = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl })
    await tab.authFetch.signedIn(api.tokens)
    api.expire()
  })

  afterEach(async () => {
    closeTabs()
    resetPage()
    await api.stop()
  })

  it.each([
    [503, 'store_unavailable'],
    [500, undefined],
    [429, undefined],
    [403, 'csrf_failed'],
    [404, undefined],
  ])('with %d, gives that answer to every call, and the session goes on', async (status, errorCode) => {
    api.handleRefresh = () => ({ status, body: { errorCode }, headers: { 'retry-after': '1' } })
    api.beforeRefresh = () => api.seen('/items', 3)
    const answers = await Promise.all([call(), call(), call()])

    for (const answer of answers) {
      expect(answer.status).toBe(status)
      expect(answer.headers.get('retry-after')).toBe('1')
      expect(await answer.json()).toEqual({ ...(errorCode && { errorCode }) })
    }
    expect(api.refreshes).toBe(1)
    expect(api.to('/items')).toHaveLength(3)
    expect(tab.ends()).toBe(0)

    api.handleRefresh = works
    expect((await call()).status).toBe(200)
  })

  it('with no answer, rejects as fetch does, and the session goes on', async () => {
    api.handleRefresh = () => undefined
    await expect(call()).rejects.toMatchObject({ name: 'TypeError' })
    expect(tab.ends()).toBe(0)

    api.handleRefresh = works
    expect((await call()).status).toBe(200)
  })

  it('with an answer that is no JSON, rejects, and the session goes on', async () => {
    api.handleRefresh = () => ({ status: 200, body: undefined })
    await expect(call()).rejects.toThrow()
    expect(tab.ends()).toBe(0)

    api.handleRefresh = works
    expect((await call()).status).toBe(200)
  })

  it.each(['refresh_reused', 'token_revoked', 'token_expired', 'identity_unknown', 'token_missing'])(
    'for good (401 %s), says so once, and calls get their own answer',
    async (errorCode) => {
      api.handleRefresh = () => ({ status: 401, body: { errorCode } })
      api.beforeRefresh = () => api.seen('/items', 3)
      const answers = await Promise.all([call(), call(), call()])

      for (const answer of answers) {
        expect(answer.status).toBe(401)
        expect(await answer.json()).toMatchObject({ errorCode: 'token_expired' })
      }
      expect(api.refreshes).toBe(1)
      expect(tab.ends()).toBe(1)
    },
  )

  it('for good, forgets the tokens: later calls are anonymous and refresh no more, until a login', async () => {
    api.handleRefresh = () => ({ status: 401, body: {} })
    await call()
    api.handleRefresh = works
    expect((await call()).status).toBe(401)

    expect(api.to('/items').map(({ headers }) => headers.authorization)).toEqual([
      'Bearer access-1',
      undefined,
    ])
    expect(api.refreshes).toBe(1)
    expect(tab.ends()).toBe(2)

    await tab.authFetch.signedIn(api.tokens)
    expect((await call()).status).toBe(200)
  })

  it('says that the session is over where there never was a refresh token', async () => {
    await tab.authFetch.signedOut()
    await tab.authFetch.signedIn({ access_token: 'access-1' })

    expect((await call()).status).toBe(401)
    expect(api.refreshes).toBe(0)
    expect(tab.ends()).toBe(1)
  })

  it('says that there is no session to a page that never signed in', async () => {
    const anonymous = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl })

    expect((await anonymous.authFetch(`${api.origin}/items`)).status).toBe(401)
    expect([anonymous.ends(), tab.ends()]).toEqual([1, 0])
    expect(api.refreshes).toBe(0)
  })

  it.each([200, 401])('with %d, changes nothing of a login that came meanwhile', async (status) => {
    const held = gate()
    api.beforeRefresh = () => held.opened
    api.handleRefresh = () => ({ status, body: { access_token: 'stale', refresh_token: 'stale' } })
    const waiting = call()
    await api.seen('/auth/refresh', 1)
    await tab.authFetch.signedIn(api.tokens)
    held.open()

    expect(await statusesOf([waiting, call()])).toEqual([200, 200])
    expect(tab.ends()).toBe(0)
  })

  it('with 200, does not bring back who signed out meanwhile', async () => {
    const held = gate()
    api.beforeRefresh = () => held.opened
    const waiting = call()
    await api.seen('/auth/refresh', 1)
    await tab.authFetch.signedOut()
    held.open()

    expect(await statusesOf([waiting, call()])).toEqual([401, 401])
    expect(api.to('/items').at(-1)?.headers).not.toHaveProperty('authorization')
  })
})
