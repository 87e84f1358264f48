import type { ExecutionContext } from '@nestjs/common'
import type { AuthCookies } from '../../cookies/auth-cookies.js'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { Revocation } from '../../issue/revocation.js'
import type { TokenPair } from '../../issue/token-pair.js'
import { checkDoubleSubmit, type CsrfRules } from '../../request/csrf/check-csrf.js'
import { checkOrigin } from '../../request/csrf/check-origin.js'
import type { Carrier } from '../../request/locate/carrier.js'
import type { PresentedToken } from '../../request/locate/locate-token.js'
import type { ReadLocation } from '../../request/locate/locations.js'
import type { TokenKind } from '../../token/token-kind.js'
import type { TokenVerifier, UnverifiedToken } from '../../token/token-verifier.js'

/** What of a token response is left for the body where cookies carry the tokens. */
export interface TokenLifetimes {
  readonly token_type: 'Bearer'
  /** Seconds. */
  readonly expires_in: number | undefined
  /** Seconds. */
  readonly refresh_expires_in: number | undefined
}

interface AuthenticToken extends UnverifiedToken {
  readonly text: string
}

/** What the ready-made routes do where `'cookie'` is among the module's locations. */
export class CookieMode {
  constructor(
    private readonly cookies: AuthCookies,
    private readonly csrf: CsrfRules,
    private readonly verifier: TokenVerifier,
    private readonly revocation: Revocation | undefined,
    readonly location: ReadLocation<ExecutionContext>,
  ) {}

  /** Whatever carries the tokens: a foreign page must log nobody in either. Throws `csrf_failed`. */
  checkOrigin(carrier: Carrier<ExecutionContext>): void {
    checkOrigin(carrier, this.csrf.trustedOrigins)
  }

  /** Throws `csrf_failed`, or what the refresh token is refused for. */
  async checkSubmitted(
    { text, byCookie }: PresentedToken,
    carrier: Carrier<ExecutionContext>,
  ): Promise<void> {
    if (!byCookie || this.csrf.doubleSubmit === undefined) return
    const { claims } = await this.verifier.verify(text, 'refresh')
    checkDoubleSubmit([claims], carrier, this.csrf)
  }

  send(carrier: Carrier<ExecutionContext>, pair: TokenPair): TokenLifetimes {
    this.cookies.set(responseOf(carrier), pair)
    const { token_type, expires_in, refresh_expires_in } = pair
    return { token_type, expires_in, refresh_expires_in }
  }

  clear(carrier: Carrier<ExecutionContext>): void {
    this.cookies.clear(responseOf(carrier))
  }

  /**
   * Ends what the cookies stand for, and clears them. A cookie with no token of the app's ends nothing and is cleared
   * all the same: scripts can't take it away. Throws `csrf_failed`, or `store_unavailable`, and then clears nothing.
   */
  async logOut(carrier: Carrier<ExecutionContext>): Promise<void> {
    const tokens = [...this.authentic(carrier, 'access'), ...this.authentic(carrier, 'refresh')]
    if (tokens.length > 0) {
      const claims = tokens.map((token) => token.claims)
      checkDoubleSubmit(claims, carrier, this.csrf)
    }
    for (const { text } of tokens) await this.end(text)
    this.clear(carrier)
  }

  /** The token in the cookie, if it was signed here: whatever else it is, a logout may end its session. */
  private authentic(carrier: Carrier<ExecutionContext>, kind: TokenKind): AuthenticToken[] {
    try {
      const text = this.location(carrier, kind)
      return text === undefined ? [] : [{ text, ...this.verifier.authentic(text) }]
    } catch (error) {
      if (error instanceof JwtAuthError) return []
      throw error
    }
  }

  private async end(text: string): Promise<void> {
    try {
      await this.revocation?.logOut([text])
    } catch (error) {
      // It says too little of itself to be revoked, but the cookie can go.
      const isNothing = error instanceof JwtAuthError && error.getStatus() === 401
      if (!isNothing && !(error instanceof JwtAuthUsageError && error.code === 'not_revocable')) throw error
    }
  }
}

function responseOf({ context }: Carrier<ExecutionContext>): unknown {
  return context.switchToHttp().getResponse<unknown>()
}
