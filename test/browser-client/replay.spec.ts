import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Api, gate } from './api.js'
import { resetPage, setPage } from './page.js'
import { closeTabs, openTab, type Tab } from './tabs.js'

describe('createAuthFetch, when it sends a call once more', () => {
  let api: Api
  let tab: Tab

  beforeEach(async () => {
    setPage({})
    api = await new Api().start()
    tab = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl })
    await tab.authFetch.signedIn(api.tokens)
    api.expire()
  })

  afterEach(async () => {
    closeTabs()
    resetPage()
    await api.stop()
  })

  const form = new FormData()
  form.set('a', '1')

  it.each<[name: string, body: NonNullable<RequestInit['body']>]>([
    ['text', 'ä\u0000b'],
    ['bytes', new Uint8Array([1, 2, 255])],
    ['a blob', new Blob(['blob'])],
    ['a search', new URLSearchParams({ a: '1&2' })],
    ['a form', form],
  ])('sends the same body again: %s', async (name, body) => {
    const answer = await tab.authFetch(`${api.origin}/items`, {
      method: 'PUT',
      body,
      headers: { 'x-idempotency-key': 'k' },
    })
    const [first, second] = api.to('/items')

    expect(answer.status).toBe(200)
    expect(first?.body.length).toBeGreaterThan(0)
    if (name !== 'a form') expect(second?.body).toBe(first?.body)
    expect(second?.body.length).toBe(first?.body.length)
    expect(second).toMatchObject({ method: 'PUT', headers: { 'x-idempotency-key': 'k' } })
  })

  it('sends a Request again with its method, headers and body, and leaves the original unread', async () => {
    const request = new Request(`${api.origin}/items`, {
      method: 'PATCH',
      body: '{"a":1}',
      headers: { 'x-a': 'b' },
    })
    expect((await tab.authFetch(request)).status).toBe(200)

    for (const call of api.to('/items')) {
      expect(call).toMatchObject({ method: 'PATCH', body: '{"a":1}', headers: { 'x-a': 'b' } })
    }
    expect(request.bodyUsed).toBe(false)
    expect(request.headers.has('authorization')).toBe(false)
  })

  it('takes what is given beside a Request in its place', async () => {
    const request = new Request(`${api.origin}/items`, { method: 'POST', body: 'one' })
    expect((await tab.authFetch(request, { method: 'PUT', body: 'two' })).status).toBe(200)

    expect(api.to('/items').map(({ method, body }) => `${method} ${body}`)).toEqual(['PUT two', 'PUT two'])
  })

  it('refuses a Request that was read before, as fetch does', async () => {
    const request = new Request(`${api.origin}/items`, { method: 'POST', body: 'one' })
    await request.text()

    await expect(tab.authFetch(request)).rejects.toMatchObject({ name: 'TypeError' })
    expect(api.calls).toEqual([])
  })

  it('never sends a stream twice, but the next call has new tokens', async () => {
    const upload = (text: string) =>
      tab.authFetch(`${api.origin}/items`, {
        method: 'POST',
        body: new Blob([text]).stream(),
        duplex: 'half',
      })
    const answer = await upload('first')

    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ errorCode: 'token_expired' })
    expect(api.to('/items')).toHaveLength(1)
    expect(api.refreshes).toBe(1)

    expect(await (await upload('second')).json()).toMatchObject({ token: 'access-2', body: 'second' })
    expect(api.to('/items')).toHaveLength(2)
  })

  it('passes the signal on: what is aborted before is not sent', async () => {
    const signal = AbortSignal.abort(new Error('never mind'))

    await expect(tab.authFetch(`${api.origin}/items`, { signal })).rejects.toThrow('never mind')
    expect(api.calls).toEqual([])
  })

  it.each(['the call', 'the refresh', 'the second call'])('can be aborted during %s', async (during) => {
    const held = gate()
    const controller = new AbortController()
    const path = during === 'the refresh' ? '/auth/refresh' : '/items'
    const { handle } = api
    if (during === 'the refresh') api.beforeRefresh = () => held.opened
    else {
      api.handle = async (call) => {
        if (api.to('/items').length === (during === 'the call' ? 1 : 2)) await held.opened
        return handle(call)
      }
    }
    const call = tab.authFetch(`${api.origin}/items`, { signal: controller.signal })
    const outcome = expect(call).rejects.toMatchObject({ name: 'AbortError' })
    await api.seen(path, during === 'the second call' ? 2 : 1)
    controller.abort()

    await outcome
    held.open()
    expect(tab.ends()).toBe(0)
  })

  it('leaves no listener on the signals of calls, which live as long as the one that they were given', async () => {
    const signals: AbortSignal[] = []
    // The global fetch listens too, so it is given signals of its own.
    const recording: typeof fetch = async (input) => {
      const { url, method, headers, signal } = input as Request
      signals.push(signal)
      return fetch(url, { method, headers, body: (await (input as Request).text()) || null })
    }
    const { authFetch } = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl, fetch: recording })
    await authFetch.signedIn({ ...api.tokens, access_token: 'old' })
    const { signal } = new AbortController()

    expect((await authFetch(`${api.origin}/items`, { signal })).status).toBe(200)
    expect(api.calls.map(({ path }) => path)).toEqual(['/items', '/auth/refresh', '/items'])
    expect(signals).toHaveLength(3)
    expect(signals.flatMap((each) => getEventListeners(each, 'abort'))).toEqual([])
  })

  it('a call that is aborted takes no refresh away from the others', async () => {
    const held = gate()
    api.beforeRefresh = () => held.opened
    const controller = new AbortController()
    const aborted = tab.authFetch(`${api.origin}/items`, { signal: controller.signal })
    const other = tab.authFetch(`${api.origin}/items`)
    const outcome = expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
    await api.seen('/auth/refresh', 1)
    controller.abort()
    await outcome
    held.open()

    expect((await other).status).toBe(200)
    expect(api.refreshes).toBe(1)
  })
})
