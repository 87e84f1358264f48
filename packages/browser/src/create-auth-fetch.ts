import type { AuthFetch, AuthFetchOptions, TokenResponse } from './auth-fetch.js'
import { page } from './page.js'
import { SharedSession, type State } from './shared-session.js'

/**
 * A `fetch` that stays signed in: where the access token is refused, it refreshes once for all calls of all tabs under
 * way, and sends the call once more. A refresh that fails for now (503, network) gives that answer, or rejects, and the
 * session goes on; one that is refused (401) ends it, and the call gets its own 401.
 */
export function createAuthFetch(options: AuthFetchOptions): AuthFetch {
  const { mode, fetch: send = (...request) => fetch(...request), onSessionEnd = () => {}, storage } = options
  const isBearer = mode === 'bearer'
  const refreshUrl = urlOf(options.refreshUrl)
  const origins = new Set(options.origins ?? [new URL(refreshUrl).origin])
  const name = `nest-jwt-auth ${refreshUrl}`
  const session = new SharedSession(name, storage, onSessionEnd)
  const known = isBearer ? session.hearLater(0) : undefined
  let refreshing: Promise<boolean | Response> | undefined

  /** `true`: there are other tokens than before; `false`: there is no session; an answer: not now. */
  function renew(before: State): Promise<boolean | Response> {
    const work = async (): Promise<boolean | Response> => {
      await session.hearLater(before.at)
      const { at, access, ended } = session.state
      const isOther = at > before.at && (!isBearer || access !== before.access)
      // A tab that slept hears only now of what may be over again.
      return isOther && at > Date.now() - 60_000 ? !ended : refresh()
    }
    // One tab at a time; without Web Locks the grace of the refresh token must do.
    const locks = page.navigator?.locks
    refreshing ??= (locks ? locks.request(name, work) : work()).finally(() => (refreshing = undefined))
    return refreshing
  }

  async function refresh(): Promise<boolean | Response> {
    const before = session.state
    const token = isBearer ? await session.refreshToken() : undefined
    if (isBearer && !token) {
      if (before.access) await end()
      return false
    }
    const request = new Request(refreshUrl, {
      method: 'POST',
      // A redirect would take the refresh token elsewhere.
      redirect: 'error',
      keepalive: true,
      // No answer must not hold up all tabs for ever.
      signal: AbortSignal.timeout(15_000),
      ...(token
        ? {
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ refresh_token: token }),
          }
        : { credentials: 'include' }),
    })
    const response = await send(withCsrf(request))
    const { ok, status } = response
    const tokens = ok && isBearer ? ((await response.json()) as TokenResponse) : {}
    // A login or logout that came meanwhile has the last word.
    if (session.state !== before) return !session.state.ended
    if (ok) await session.keep(tokens)
    else if (status === 401) await end()
    else return response
    return ok
  }

  async function end(): Promise<void> {
    await session.end()
    onSessionEnd()
  }

  function sendSigned(request: Request): Promise<Response> {
    const { access } = session.state
    if (isBearer && access) request.headers.set('authorization', `Bearer ${access}`)
    return send(withCsrf(request))
  }

  function withCsrf(request: Request): Request {
    const [, token] = /(?:^|; )csrf_token=([^;]+)/.exec(page.document?.cookie ?? '') ?? []
    const isUnsafe = !/^(GET|HEAD|OPTIONS)$/.test(request.method)
    if (!isBearer && token && isUnsafe) request.headers.set('x-csrf-token', token)
    return request
  }

  async function authFetch(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    const isRequest = input instanceof Request
    if (!origins.has(new URL(urlOf(input)).origin)) return send(input, init)

    // The body of a Request can be read but once, so the one that goes out is a copy.
    const make = (): Request =>
      new Request(isRequest ? input.clone() : input, {
        ...(isBearer || isRequest ? {} : { credentials: 'include' }),
        ...init,
      })
    const first = make()
    if (first.headers.has('authorization')) return send(first)
    await unlessAborted(known, first.signal)
    if (isBearer && !session.state.access && (await session.refreshToken())) {
      const renewed = await unlessAborted(renew(session.state), first.signal)
      if (renewed instanceof Response) return renewed.clone()
    }
    const { state } = session
    // Which cookies went out, no script knows.
    const before = isBearer ? state : { at: Math.max(state.at, Date.now()) }
    const response = await sendSigned(first)
    if (!(await isForWantOfTokens(response))) return response
    const renewed = await unlessAborted(renew(before), first.signal)
    if (renewed instanceof Response) return renewed.clone()
    // A stream is used up: its sender must send it again.
    return renewed && !init?.duplex ? sendSigned(make()) : response
  }

  return Object.assign(authFetch, {
    signedIn: (tokens: TokenResponse = {}) => session.keep(tokens),
    signedOut: () => session.end(),
    close: () => session.close(),
  })
}

/** As the page resolves it: a `<base>` may lead elsewhere. */
function urlOf(input: Parameters<typeof fetch>[0]): string {
  return input instanceof Request ? input.url : new Request(input).url
}

/** No refresh helps against a wrong password. */
async function isForWantOfTokens(response: Response): Promise<boolean> {
  if (response.status !== 401) return false
  const copy = response.clone()
  const body = (await copy.json().catch(() => undefined)) as
    { readonly errorCode?: unknown } | null | undefined
  return /^(token|identity)_/.test(String(body?.errorCode))
}

/** Stops the waiting, not the work. */
function unlessAborted<T>(work: Promise<T> | T, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
  })
  return Promise.race([work, aborted])
}
