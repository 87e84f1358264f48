import type { Carrier } from '../locate/carrier.js'
import type { CookieReader } from '../cookie-reader.js'
import type { PresentedToken } from '../locate/locate-token.js'
import type { VerifiedToken } from '../../token/token-verifier.js'
import { checkOrigin, isSafe, refused } from './check-origin.js'

declare const originChecked: unique symbol

/** A verified token of a request that passed the CSRF check, or that did not need it. */
export interface OriginCheckedToken extends VerifiedToken {
  /** Only the CSRF check makes one. */
  readonly [originChecked]: true
}

export interface CsrfRules {
  readonly trustedOrigins: ReadonlySet<string>
  /** `undefined`: not required. */
  readonly doubleSubmit: DoubleSubmit | undefined
}

/** A readable cookie that scripts must repeat in a header. */
export interface DoubleSubmit {
  readonly readCookie: CookieReader
  /** Whether this CSRF token was made for the session of these claims. */
  readonly isFor: (csrfToken: string, claims: BoundClaims) => boolean
}

/** The claims that a double submit can be bound to. */
export interface BoundClaims {
  readonly sid?: unknown
  readonly jti?: unknown
  readonly sub?: unknown
}

/** The header in which scripts repeat the readable cookie. */
export const CSRF_HEADER = 'x-csrf-token'

/**
 * Checks unsafe requests with a token in a cookie. The handshake of a WebSocket needs no double submit, because scripts
 * cannot add a header to it. Throws `csrf_failed`.
 */
export function checkCsrf(
  token: VerifiedToken,
  { byCookie }: PresentedToken,
  carrier: Carrier,
  rules: CsrfRules,
): OriginCheckedToken {
  if (byCookie && !isSafe(carrier)) {
    checkOrigin(carrier, rules.trustedOrigins)
    if (carrier.isOverUpgrade !== true) checkDoubleSubmit([token.claims], carrier, rules)
  }
  return token as OriginCheckedToken
}

/** For a token in a message: browsers do not add it automatically, so no check is needed. */
export function withoutCookie<T extends VerifiedToken>(token: T): T & OriginCheckedToken {
  return token as T & OriginCheckedToken
}

/** If the double submit is configured, requires it for one of these tokens. Throws `csrf_failed`. */
export function checkDoubleSubmit(
  tokens: readonly BoundClaims[],
  carrier: Carrier,
  { doubleSubmit }: CsrfRules,
): void {
  if (doubleSubmit === undefined) return
  const [sent, ...more] = carrier.headerValues(CSRF_HEADER)
  const [kept, ...others] = doubleSubmit.readCookie(carrier.headerValues('cookie'))
  if (sent === undefined || kept === undefined || more.length > 0 || others.length > 0) {
    throw refused('the x-csrf-token header or the cookie of the double submit is missing or repeated')
  }
  // The value is bound to the session, so a cookie that an attacker has set does not match.
  const matches = sent === kept && tokens.some((claims) => doubleSubmit.isFor(sent, claims))
  if (!matches) throw refused('the x-csrf-token header does not match the cookie and the session')
}
