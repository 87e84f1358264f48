import type { AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core'
import type { Cookie, CookiePair, PairCookies } from './pair-cookies.js'
import { serializeCookie } from './serialize-cookie.js'

/** Nest 11 has no `setCookie`. */
type CookieAdapter = Pick<AbstractHttpAdapter, 'appendHeader'> &
  Partial<Pick<AbstractHttpAdapter, 'setCookie'>>

/** Puts tokens into cookies that scripts can't read, and takes them away again. Express and Fastify alike. */
export class AuthCookies {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly cookies: PairCookies,
  ) {}

  /**
   * Sets a cookie for each token of the pair, and the readable one of the double submit where that is demanded. Each
   * lives as long as its token. Throws `cookie_too_large`, before any is set, where one would be over 4 KiB.
   * `response` is what the handler gets from `@Res({ passthrough: true })`.
   */
  set(response: unknown, pair: CookiePair): void {
    for (const cookie of this.cookies.of(pair)) this.write(response, cookie)
  }

  /** Clears every cookie that `set` may have set. */
  clear(response: unknown): void {
    for (const cookie of this.cookies.cleared()) this.write(response, cookie)
  }

  /** Nest 12 sets cookies itself; Nest 11 only appends headers. */
  private write(response: unknown, { definition, value, maxAge }: Cookie): void {
    const adapter: CookieAdapter = this.adapterHost.httpAdapter
    if (adapter.setCookie === undefined) {
      adapter.appendHeader(response, 'Set-Cookie', serializeCookie(definition, value, maxAge))
      return
    }
    const { name, path, domain, sameSite, secure, httpOnly } = definition
    adapter.setCookie(response, name, value, {
      sameSite,
      secure,
      httpOnly,
      ...(path === undefined ? {} : { path }),
      ...(domain === undefined ? {} : { domain }),
      ...(maxAge === undefined ? {} : { maxAge }),
    })
  }
}
