import { JwtAuthUsageError } from '../errors/usage.error.js'
import { claimsOfPair, type TokenPair } from '../issue/token-pair.js'
import type { BoundClaims } from '../request/csrf/check-csrf.js'
import type { Clock } from '../time/clock.js'
import type { TokenKind } from '../token/token-kind.js'
import { decodeUnverified } from '../token/token-verifier.js'
import type { CookieDefinition, CookieFamily, CookieSettings } from './cookie-settings.js'
import { csrfTokenFor, type CsrfMacs } from './csrf-token.js'
import { MAX_COOKIE_LENGTH, serializeCookie } from './serialize-cookie.js'

/** The members of a token response that `AuthCookies.set` needs. A `TokenPair` has them. */
export interface CookiePair extends Pick<
  TokenPair,
  'access_token' | 'expires_in' | 'refresh_token' | 'refresh_expires_in'
> {
  /** `false`: the cookies end with the browser, not with their tokens. Default `true`. */
  readonly persistent?: boolean | undefined
}

/** The `Set-Cookie` values for a pair of tokens: the same definitions for setting the cookies and for clearing them. */
export class PairCookies {
  private readonly clearing: Readonly<Record<TokenKind | 'csrf', readonly string[]>>

  constructor(
    private readonly settings: CookieSettings,
    private readonly macs: CsrfMacs,
    private readonly clock: Clock,
  ) {
    const { tokens, csrf } = settings
    this.clearing = {
      access: clearingOf(tokens.access),
      refresh: clearingOf(tokens.refresh),
      csrf: csrf === undefined ? [] : clearingOf(csrf),
    }
  }

  /**
   * Each cookie lives as long as its token. Cookies that earlier settings left are cleared first. Throws
   * `cookie_too_large` if one would be over 4 KiB.
   */
  of(pair: CookiePair): readonly string[] {
    const { tokens, csrf } = this.settings
    const { access_token: access, refresh_token: refresh } = pair
    const accessAge = pair.expires_in ?? this.ageOf(access)
    const refreshAge = refresh === undefined ? accessAge : (pair.refresh_expires_in ?? this.ageOf(refresh))
    const isLasting = pair.persistent !== false
    const set = ({ current, leftOver }: CookieFamily, value: string, age: number | undefined): string[] => [
      ...leftOver.map(cleared),
      setCookie(current, value, isLasting ? age : undefined),
    ]
    return [
      ...set(tokens.access, access, accessAge),
      ...(refresh === undefined ? [] : set(tokens.refresh, refresh, refreshAge)),
      ...(csrf === undefined ? [] : set(csrf, csrfTokenFor(boundClaimsOf(pair), this.macs), refreshAge)),
    ]
  }

  /** Clears these cookies, by default all, and those that earlier settings left. */
  cleared(...which: readonly (TokenKind | 'csrf')[]): readonly string[] {
    const all = which.length === 0 ? (['access', 'refresh', 'csrf'] as const) : which
    return all.flatMap((name) => this.clearing[name])
  }

  /** Seconds until `exp`; `undefined` if there is none. */
  private ageOf(token: string): number | undefined {
    const { exp } = claimsOf(token)
    return typeof exp === 'number' ? exp - Math.floor(this.clock.now() / 1000) : undefined
  }
}

/** The claims of a `TokenPair` are known; those of a plain object with the same members are decoded. */
function boundClaimsOf(pair: CookiePair): readonly BoundClaims[] {
  const { access_token: access, refresh_token: refresh } = pair
  return claimsOfPair(pair) ?? (refresh === undefined ? [access] : [access, refresh]).map(claimsOf)
}

/** The claims of a token that was issued here just now. */
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return decodeUnverified(token).claims
}

function clearingOf({ current, leftOver }: CookieFamily): readonly string[] {
  return [...leftOver, current].map(cleared)
}

function cleared(definition: CookieDefinition): string {
  return serializeCookie(definition, '', 0)
}

/** `age` in seconds; `undefined`: until the browser is closed, as for a token without `exp`. */
function setCookie(definition: CookieDefinition, value: string, age: number | undefined): string {
  const cookie = serializeCookie(definition, value, age === undefined ? age : Math.max(0, Math.floor(age)))
  if (cookie.length <= MAX_COOKIE_LENGTH) return cookie
  throw new JwtAuthUsageError(
    'cookie_too_large',
    `The cookie ${definition.name} would be ${cookie.length} characters long, but browsers accept at most ${MAX_COOKIE_LENGTH}. ` +
      'Put less into the claims.',
  )
}
