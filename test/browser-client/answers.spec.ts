import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Api, type Handler } from './api.js'
import { resetPage, setModernPage } from './page.js'
import { closeTabs, openTab, type Tab } from './tabs.js'

const invalidToken = 'Bearer realm="shop", error="invalid_token", error_description="The token has expired."'
const staleLogin = 'Bearer error="insufficient_user_authentication", max_age="600"'
const envelope = { success: false, error: { code: 401, message: 'Unauthorized' } }

const refusal = (challenge: string | undefined, body: unknown, status = 401) => ({
  status,
  body,
  headers: challenge === undefined ? {} : { 'www-authenticate': challenge },
})

describe.each(['bearer', 'cookie'] as const)('createAuthFetch in %s mode', (mode) => {
  let api: Api
  let tab: Tab
  let refuse: ReturnType<typeof refusal>

  const open = async (options: object = {}) => {
    const opened = openTab({ mode, refreshUrl: api.refreshUrl, ...options })
    await opened.authFetch.signedIn(api.tokens)
    return opened
  }
  const call = (path = '/items') => tab.authFetch(`${api.origin}${path}`, { method: 'POST' })

  beforeEach(async () => {
    setModernPage()
    api = await new Api().start()
    tab = await open()
    api.handle = () => (api.refreshes > 0 ? { status: 200, body: {} } : refuse)
    api.handleRefresh = () => ({ status: 200, body: api.tokens })
  })

  afterEach(async () => {
    closeTabs()
    resetPage()
    await api.stop()
  })

  describe('where the body does not say it', () => {
    it.each([
      [401, envelope],
      [401, 'not found'],
      [401, null],
      [401, { errorCode: 4711 }],
      [422, envelope],
      [200, { code: 40101 }],
    ])('refreshes for the challenge invalid_token, whatever the answer is: %d %j', async (status, body) => {
      refuse = refusal(invalidToken, body, status)
      expect((await call()).status).toBe(200)
      expect([api.refreshes, api.to('/items').length]).toEqual([1, 2])
    })

    it('refreshes for a challenge that is no JSON at all', async () => {
      refuse = refusal('Bearer error=invalid_token', undefined)
      expect((await call()).status).toBe(200)
      expect(api.refreshes).toBe(1)
    })

    it.each([
      ['a login that is too old', refusal(staleLogin, envelope)],
      ['a missing scope', refusal('Bearer error="insufficient_scope", scope="a"', envelope, 403)],
      ['missing claims', refusal('Bearer realm="shop"', envelope, 403)],
      ['another server’s handshake', refusal('Negotiate oYG2', envelope, 200)],
      ['no challenge', refusal(undefined, envelope)],
    ])('does not refresh for %s', async (_, answer) => {
      refuse = answer
      expect((await call()).status).toBe(answer.status)
      expect([api.refreshes, api.calls.length, tab.ends()]).toEqual([0, 1, 0])
    })

    it('takes a challenge without an error for a missing token only where none was sent', async () => {
      refuse = refusal('Bearer', envelope)
      expect((await call()).status).toBe(mode === 'bearer' ? 401 : 200)
      expect(api.refreshes).toBe(mode === 'bearer' ? 0 : 1)
    })

    it('ends the session where the refresh is refused by its challenge alone', async () => {
      refuse = refusal(invalidToken, envelope)
      api.handle = () => refuse
      api.handleRefresh = () => refusal(invalidToken, { code: 40101 }, 200)
      expect((await call()).status).toBe(401)
      expect([api.refreshes, api.to('/items').length, tab.ends()]).toEqual([1, 1, 1])
    })
  })

  describe('where a login is refused', () => {
    const paths = ['/auth/login', '/auth/login?next=%2F#form']

    it.each(paths)(
      'never refreshes the session that is there, nor sends the password twice: %s',
      async (path) => {
        for (const answer of [
          refusal('Bearer', envelope),
          refusal(invalidToken, envelope),
          refusal(undefined, { errorCode: 'token_missing' }),
          refusal('Bearer', { errorCode: 'credentials_invalid' }),
        ]) {
          refuse = answer
          expect((await call(path)).status).toBe(401)
        }
        expect(api.calls.map(({ path }) => path)).toEqual(Array(4).fill(path.replace(/#.*/, '')))
        expect(tab.ends()).toBe(0)
      },
    )

    it('at another URL, neither, where the app has said so', async () => {
      tab = await open({ loginUrl: `${api.origin}/sessions` })
      refuse = refusal('Bearer', envelope)
      expect((await call('/sessions')).status).toBe(401)
      expect(api.refreshes).toBe(0)
      expect((await call('/auth/login')).status).toBe(mode === 'bearer' ? 401 : 200)
    })

    it('is no reason to send the access token, or to refresh before', async () => {
      const storage = { get: () => 'refresh-1', set: () => {} }
      tab = openTab({ mode, refreshUrl: api.refreshUrl, storage })
      refuse = refusal('Bearer', envelope)
      await call('/auth/login')
      expect(api.calls.map(({ path, headers }) => [path, headers.authorization])).toEqual([
        ['/auth/login', undefined],
      ])
    })
  })

  describe('with readError', () => {
    const readError = (body: unknown) => (body as { error: { code: string } }).error.code

    it.each([
      ['token_expired', undefined, 200],
      ['identity_unknown', undefined, 200],
      ['refresh_reused', undefined, 200],
      ['credentials_invalid', 'Bearer', 401],
      ['E1001', undefined, 401],
      ['E1001', invalidToken, 200],
    ])('decides by the code that it finds: %s, challenge %s', async (code, challenge, status) => {
      tab = await open({ readError })
      refuse = refusal(challenge, { error: { code } })
      expect((await call()).status).toBe(status)
      expect(api.refreshes).toBe(status === 200 ? 1 : 0)
    })

    it.each([[{ errorCode: 'token_expired' }], ['not found'], [null]])(
      'decides by the challenge where the body is none that it can read: %j',
      async (body) => {
        tab = await open({ readError })
        refuse = refusal(invalidToken, body)
        expect((await call()).status).toBe(200)
      },
    )

    it('decides by the member errorCode where it finds none', async () => {
      tab = await open({ readError: () => undefined })
      refuse = refusal(undefined, { errorCode: 'token_expired' })
      expect((await call()).status).toBe(200)
    })
  })
})

describe('createAuthFetch with tokens in an envelope', () => {
  interface Envelope {
    readonly data?: { readonly accessToken: string; readonly refreshToken: string }
  }
  const readTokens = (body: unknown) => {
    const { data } = body as Envelope
    return data && { access_token: data.accessToken, refresh_token: data.refreshToken }
  }
  const inEnvelope = () => ({
    data: { accessToken: api.tokens.access_token, refreshToken: api.tokens.refresh_token },
  })
  let api: Api
  let works: Handler

  beforeEach(async () => {
    setModernPage()
    api = await new Api().start()
    works = api.handleRefresh
    api.handleRefresh = async (call) => {
      const reply = await works(call)
      return reply?.status === 200 ? { status: 200, body: inEnvelope() } : reply
    }
  })

  afterEach(async () => {
    closeTabs()
    resetPage()
    await api.stop()
  })

  it('reads those of the login and of every refresh', async () => {
    const { authFetch } = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl, readTokens })
    await authFetch.signedIn(inEnvelope())
    for (let round = 0; round < 3; round++) {
      expect((await authFetch(`${api.origin}/items`)).status).toBe(200)
      api.expire()
    }
    expect(api.to('/auth/refresh').map(({ body }) => body)).toEqual(
      ['refresh-1', 'refresh-2'].map((token) => JSON.stringify({ refresh_token: token })),
    )
  })

  it('takes the plain token response as it is, from routes that do not wrap it', async () => {
    api.handleRefresh = works
    const { authFetch } = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl, readTokens })
    await authFetch.signedIn(api.tokens)
    api.expire()
    expect((await authFetch(`${api.origin}/items`)).status).toBe(200)
  })

  it('says which option is missing, and goes on with the session', async () => {
    const tab = openTab({ mode: 'bearer', refreshUrl: api.refreshUrl })
    await expect(tab.authFetch.signedIn(inEnvelope())).rejects.toThrow('readTokens')
    await expect(tab.authFetch.signedIn()).rejects.toThrow('readTokens')
    await tab.authFetch.signedIn(api.tokens)
    api.expire()
    await expect(tab.authFetch(`${api.origin}/items`)).rejects.toThrow('readTokens')
    api.handleRefresh = works
    expect((await tab.authFetch(`${api.origin}/items`)).status).toBe(200)
    expect(tab.ends()).toBe(0)
  })
})
