import type { AuthFetchOptions } from './auth-fetch.js'
import { csrfToken } from './page.js'

export type Input = Parameters<typeof fetch>[0]
export type Init = Parameters<typeof fetch>[1]

/** The app's API: which requests go to it, and how they are sent. */
export class Api {
  readonly isBearer: boolean
  readonly refreshUrl: string
  readonly loginUrl: string
  private readonly origins: readonly string[]

  constructor(readonly options: AuthFetchOptions) {
    this.isBearer = options.mode === 'bearer'
    this.refreshUrl = urlOf(options.refreshUrl)
    this.loginUrl = urlOf(options.loginUrl ?? new URL('login', this.refreshUrl))
    this.origins = options.origins ?? [new URL(this.refreshUrl).origin]
  }

  fetch(...request: Parameters<typeof fetch>): Promise<Response> {
    return (this.options.fetch ?? fetch)(...request)
  }

  has(input: Input): boolean {
    return this.origins.includes(new URL(urlOf(input)).origin)
  }

  /** A request that can be sent, each time a new one: a body can be read only once, so a `Request` is copied. */
  request(input: Input, init: Init): Request {
    const isCopy = input instanceof Request
    return new Request(isCopy ? input.clone() : input, {
      ...(this.isBearer || isCopy ? {} : { credentials: 'include' }),
      ...init,
    })
  }

  refreshRequest(token: string | null | undefined, signal: AbortSignal): Request {
    return new Request(this.refreshUrl, {
      method: 'POST',
      // A redirect would take the refresh token to another URL.
      redirect: 'error',
      // A tab that is closed must not stop a refresh that other tabs wait for.
      keepalive: true,
      signal,
      ...(token
        ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ refresh_token: token }) }
        : { credentials: 'include' }),
    })
  }

  send(request: Request, accessToken?: string): Promise<Response> {
    const csrf = !this.isBearer && !/^(GET|HEAD|OPTIONS)$/.test(request.method) && csrfToken()
    if (accessToken) request.headers.set('authorization', `Bearer ${accessToken}`)
    if (csrf) request.headers.set('x-csrf-token', csrf)
    return this.fetch(request)
  }
}

/** As the page resolves it: a `<base>` changes what a relative URL means. */
function urlOf(input: Input): string {
  return input instanceof Request ? input.url : new Request(input).url
}
