import type { HttpAdapterHost } from '@nestjs/core'
import type { CookiePair, PairCookies } from '../../cookies/pair-cookies.js'
import { JwtAuthUsageError } from '../../errors/usage.error.js'

/** Puts tokens into cookies that scripts cannot read, and clears them again, on Express and Fastify alike. */
export class AuthCookies {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly cookies: PairCookies,
    /** Whether `'cookie'` is among the module's locations. */
    private readonly inUse: boolean,
  ) {}

  /**
   * Sets a cookie for each token of the pair, and with `csrf.doubleSubmit` also the readable cookie `csrf_token`. An
   * access token alone leaves the refresh cookie as it is, so where another user may be signed in, call `clear` first:
   * otherwise the next refresh brings that user back. Clears cookies of earlier settings, and marks the response
   * `no-store`. `response` is the value of `@Res({ passthrough: true })`. Before it sets anything, throws
   * `cookie_too_large` if a cookie would be over 4 KiB, and `cookies_not_read` if `'cookie'` is not among the module's
   * `locations`.
   */
  set(response: unknown, pair: CookiePair): void {
    if (!this.inUse) {
      throw new JwtAuthUsageError(
        'cookies_not_read',
        "AuthCookies.set() was called, and 'cookie' is not among the module's `locations`, so no request would " +
          "read the cookies. Write locations: ['cookie'], or return the tokens in the response body.",
      )
    }
    const cookies = this.cookies.of(pair)
    this.adapterHost.httpAdapter.setHeader(response, 'Cache-Control', 'no-store')
    appendCookies(this.adapterHost, response, cookies)
  }

  /** Clears every cookie that `set` may have set, now or under earlier settings. */
  clear(response: unknown): void {
    appendCookies(this.adapterHost, response, this.cookies.cleared())
  }
}

/** Adds `Set-Cookie` values to a response, beside those that it has already. */
export function appendCookies(
  { httpAdapter }: HttpAdapterHost,
  response: unknown,
  cookies: readonly string[],
): void {
  for (const cookie of cookies) httpAdapter.appendHeader(response, 'Set-Cookie', cookie)
}
