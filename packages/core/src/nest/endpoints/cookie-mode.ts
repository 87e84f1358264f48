import type { ExecutionContext } from '@nestjs/common'
import type { CookieSettings } from '../../cookies/cookie-settings.js'
import { isRefusedForGood } from '../../cookies/refused-for-good.js'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { Revocation } from '../../issue/revocation.js'
import type { TokenPair } from '../../issue/token-pair.js'
import { type CookieReader, cookieReader } from '../../request/cookie-reader.js'
import { checkDoubleSubmit, type CsrfRules } from '../../request/csrf/check-csrf.js'
import { checkOrigin } from '../../request/csrf/check-origin.js'
import { isDecidedByCookie, type PresentedToken } from '../../request/locate/locate-token.js'
import type { ReadLocation } from '../../request/locate/locations.js'
import type { TokenVerifier, UnverifiedToken } from '../../token/token-verifier.js'
import type { AuthCookies } from '../cookies/auth-cookies.js'
import type { RefusalResponder } from '../filter/refusal-responder.js'
import type { Call } from '../transports/call.js'
import type { TokenLocation } from '../transports/token-location.js'

/** The body of a token response if cookies carry the tokens. Durations are in seconds. */
export type TokenLifetimes = Pick<TokenPair, 'token_type' | 'expires_in' | 'refresh_expires_in'>

export interface CookieModeSettings {
  readonly cookies: CookieSettings
  readonly csrf: CsrfRules
  readonly toReadLocation: (location: TokenLocation) => ReadLocation<ExecutionContext>
}

/** A signed token, by its shape alone: its signature has at least 32 bytes, which are 43 characters. */
const SIGNED_TOKEN = /^[\w-]+\.[\w-]+\.[\w-]{43,}$/

interface AuthenticToken extends UnverifiedToken {
  readonly text: string
}

/** The part of the ready-made routes for apps with `'cookie'` among the module's locations. */
export class CookieMode {
  /** The cookies that carry tokens, now or under earlier settings. */
  private readonly readers: readonly CookieReader[]
  private readonly csrf: CsrfRules
  readonly location: ReadLocation<ExecutionContext>

  constructor(
    private readonly cookies: AuthCookies,
    { cookies: { tokens }, csrf, toReadLocation }: CookieModeSettings,
    private readonly verifier: TokenVerifier,
    private readonly revocation: Revocation | undefined,
    private readonly responder: RefusalResponder,
  ) {
    const families = [tokens.access, tokens.refresh]
    const names = families.flatMap(({ current, leftOver }) => [current, ...leftOver].map(({ name }) => name))
    this.readers = [...new Set(names)].map(cookieReader)
    this.csrf = csrf
    this.location = toReadLocation('cookie')
  }

  /** Whatever carries the tokens: a foreign page must not log anybody in either. Throws `csrf_failed`. */
  checkOrigin(carrier: Call): void {
    checkOrigin(carrier, this.csrf.trustedOrigins)
  }

  /** Throws `csrf_failed`, or what the refresh token is refused for. */
  async checkSubmitted({ token, byCookie }: PresentedToken, carrier: Call): Promise<void> {
    if (!byCookie || this.csrf.doubleSubmit === undefined) return
    const { claims } = await this.verifier.verify(token, 'refresh')
    checkDoubleSubmit([claims], carrier, this.csrf)
  }

  send(carrier: Call, pair: TokenPair): TokenLifetimes {
    if (!this.responder.hasBegun(carrier.context)) this.cookies.set(responseOf(carrier), pair)
    const { token_type, expires_in, refresh_expires_in } = pair
    return {
      token_type,
      ...(expires_in === undefined ? {} : { expires_in }),
      ...(refresh_expires_in === undefined ? {} : { refresh_expires_in }),
    }
  }

  clear(carrier: Call): void {
    if (!this.responder.hasBegun(carrier.context)) this.cookies.clear(responseOf(carrier))
  }

  /** Clears the cookies if one of them carried a refresh token that is refused for good. */
  clearRefused(error: unknown, carrier: Call, locations: readonly ReadLocation<ExecutionContext>[]): void {
    if (!(error instanceof JwtAuthError) || !isRefusedForGood(error)) return
    if (isDecidedByCookie(carrier, locations, 'refresh')) this.clear(carrier)
  }

  /**
   * Ends every session that a cookie of the request belongs to, planted, left over and expired ones included, and clears
   * the cookies. One without a token of this app ends nothing and is cleared too, because scripts cannot remove it.
   * Throws `csrf_failed`, or `store_unavailable`, and then clears nothing.
   */
  async logOut(carrier: Call): Promise<void> {
    const tokens = await this.authenticIn(carrier)
    if (tokens.length > 0) {
      const claims = tokens.map((token) => token.claims)
      checkDoubleSubmit(claims, carrier, this.csrf)
    }
    await Promise.all(tokens.map(({ text }) => this.end(text)))
    this.clear(carrier)
  }

  /** The tokens in cookies that were signed here: whatever else they are, a logout may end their sessions. */
  private async authenticIn(carrier: Call): Promise<readonly AuthenticToken[]> {
    const headers = carrier.headerValues('cookie')
    const values = new Set(this.readers.flatMap((read) => read(headers, Infinity)))
    const authentic: AuthenticToken[] = []
    for (const text of values) {
      // A request can hold nearly a thousand short cookies, and each refusal costs a stack trace.
      if (!SIGNED_TOKEN.test(text)) continue
      try {
        authentic.push({ text, ...(await this.verifier.verifySignature(text)) })
      } catch (error) {
        if (!(error instanceof JwtAuthError) || error.getStatus() === 503) throw error
      }
    }
    return authentic
  }

  private async end(text: string): Promise<void> {
    try {
      await this.revocation?.logOut([text])
    } catch (error) {
      // It is no access or refresh token, so there is nothing to end.
      if (!(error instanceof JwtAuthError && error.getStatus() === 401)) throw error
    }
  }
}

function responseOf({ context }: Call): unknown {
  return context.switchToHttp().getResponse<unknown>()
}
