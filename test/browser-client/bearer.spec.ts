import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Api, expired, gate } from './api.js'
import { resetPage, setPage } from './page.js'
import { closeTabs, openTab, statusesOf, type Tab } from './tabs.js'

describe('createAuthFetch in bearer mode, in one tab', () => {
  let api: Api
  let tab: Tab

  beforeEach(async () => {
    setPage({})
    api = await new Api().start()
    tab = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl })
    await tab.authFetch.signedIn(api.tokens)
  })

  afterEach(async () => {
    closeTabs()
    resetPage()
    await api.stop()
  })

  it('sends the access token, and only what the caller sends beside', async () => {
    const answer = await tab.authFetch(`${api.origin}/items`, { headers: { 'x-a': 'b' } })

    expect(answer.status).toBe(200)
    expect(api.calls).toHaveLength(1)
    expect(api.calls[0]?.headers).toMatchObject({ authorization: 'Bearer access-1', 'x-a': 'b' })
    expect(api.calls[0]?.headers).not.toHaveProperty('x-csrf-token')
  })

  it('refreshes where the token has expired, and sends the call once more', async () => {
    api.expire()
    const answer = await tab.authFetch(`${api.origin}/items`)

    expect(await answer.json()).toMatchObject({ token: 'access-2' })
    expect(api.calls.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/items', 'Bearer access-1'],
      ['/auth/refresh', undefined],
      ['/items', 'Bearer access-2'],
    ])
    expect(api.to('/auth/refresh')[0]).toMatchObject({
      method: 'POST',
      body: '{"refresh_token":"refresh-1"}',
      headers: { 'content-type': 'application/json' },
    })
  })

  it('refreshes once for all calls under way', async () => {
    api.expire()
    api.beforeRefresh = () => api.seen('/items', 10)
    const answers = Array.from({ length: 10 }, () => tab.authFetch(`${api.origin}/items`))

    expect(await statusesOf(answers)).toEqual(Array(10).fill(200))
    expect(api.refreshes).toBe(1)
    expect(api.to('/items')).toHaveLength(20)
  })

  it('does not refresh again for a call that was answered only after the refresh', async () => {
    api.expire()
    const late = gate()
    api.handle = async ({ path, headers }) => {
      if (path === '/late' && headers.authorization === 'Bearer access-1') await late.opened
      return headers.authorization === 'Bearer access-2' ? { status: 200 } : expired
    }
    const slow = tab.authFetch(`${api.origin}/late`)
    await api.seen('/late', 1)
    expect((await tab.authFetch(`${api.origin}/items`)).status).toBe(200)
    late.open()

    expect((await slow).status).toBe(200)
    expect(api.refreshes).toBe(1)
  })

  it('sends a call twice at most, and never loops', async () => {
    api.handle = () => expired
    const answer = await tab.authFetch(`${api.origin}/items`)

    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ errorCode: 'token_expired' })
    expect(api.calls.map(({ path }) => path)).toEqual(['/items', '/auth/refresh', '/items'])
    expect(tab.ends()).toBe(0)
  })

  it.each(['token_expired', 'token_missing', 'token_revoked', 'token_signature_invalid', 'identity_unknown'])(
    'refreshes for %s',
    async (errorCode) => {
      api.handle = ({ headers }) =>
        headers.authorization === 'Bearer access-2' ? { status: 200 } : { status: 401, body: { errorCode } }
      api.expire()
      expect((await tab.authFetch(`${api.origin}/items`)).status).toBe(200)
      expect(api.refreshes).toBe(1)
    },
  )

  it.each([
    [403, { errorCode: 'insufficient_claims' }],
    [403, { errorCode: 'csrf_failed' }],
    [403, { errorCode: 'token_expired' }],
    [401, { errorCode: 'insufficient_user_authentication' }],
    [401, { errorCode: 'credentials_invalid' }],
    [401, { message: 'Unauthorized' }],
    [401, undefined],
    [401, 'text'],
    [503, { errorCode: 'store_unavailable' }],
    [500, {}],
    [200, { errorCode: 'token_expired' }],
  ])('does not refresh for %d %j', async (status, body) => {
    api.handle = () => ({ status, body })
    const answer = await tab.authFetch(`${api.origin}/items`)

    expect(answer.status).toBe(status)
    expect(answer.bodyUsed).toBe(false)
    expect(api.calls).toHaveLength(1)
    expect(tab.ends()).toBe(0)
  })

  it('leaves requests to other origins alone', async () => {
    const other = await new Api().start()
    other.handle = () => expired
    for (const input of [
      `${other.origin}/items`,
      new URL(`${other.origin}/items`),
      new Request(`${other.origin}/items`),
    ]) {
      expect((await tab.authFetch(input, { method: 'DELETE' })).status).toBe(401)
    }

    expect(other.calls).toHaveLength(3)
    for (const { method, headers } of other.calls) {
      expect(method).toBe('DELETE')
      expect(headers).not.toHaveProperty('authorization')
    }
    expect(api.calls).toEqual([])
    await other.stop()
  })

  it('sends tokens to all origins that it is told', async () => {
    const other = await new Api().start()
    const wide = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl, origins: [api.origin, other.origin] })
    await wide.authFetch.signedIn(api.tokens)

    expect((await wide.authFetch(`${other.origin}/items`)).status).toBe(200)
    expect((await wide.authFetch(`${api.origin}/items`)).status).toBe(200)
    await other.stop()
  })

  it('does not touch an Authorization header of the caller', async () => {
    const answer = await tab.authFetch(`${api.origin}/items`, { headers: { authorization: 'Basic YTpi' } })

    expect(answer.status).toBe(401)
    expect(api.calls.map(({ headers }) => headers.authorization)).toEqual(['Basic YTpi'])
  })

  it('follows no redirect with the refresh token', async () => {
    const other = await new Api().start()
    api.expire()
    api.handleRefresh = () => ({ status: 307, headers: { location: other.refreshUrl } })

    await expect(tab.authFetch(`${api.origin}/items`)).rejects.toThrow()
    expect(other.calls).toEqual([])
    expect(tab.ends()).toBe(0)
    await other.stop()
  })

  it('keeps the refresh token where an answer brings no other', async () => {
    api.expire()
    api.handleRefresh = () => ({ status: 200, body: { access_token: api.tokens.access_token } })
    for (let round = 0; round < 2; round++) {
      expect((await tab.authFetch(`${api.origin}/items`)).status).toBe(200)
      api.expire()
    }

    expect(api.to('/auth/refresh').map(({ body }) => body)).toEqual(
      Array(2).fill('{"refresh_token":"refresh-1"}'),
    )
  })
})
