import { JwtAuthUsageError } from '../errors/usage.error.js'
import type { TokenPair } from '../issue/token-pair.js'
import type { KeyRing } from '../keys/key-ring.js'
import { decodeUnverified } from '../token/token-verifier.js'
import type { Clock } from '../time/clock.js'
import type { CookieDefinition, CookieSettings } from './cookie-settings.js'
import { csrfTokenFor } from './csrf-token.js'
import { MAX_COOKIE_LENGTH, serializeCookie } from './serialize-cookie.js'

/** The members of a token response that cookies are made from. */
export type CookiePair = Pick<
  TokenPair,
  'access_token' | 'expires_in' | 'refresh_token' | 'refresh_expires_in'
>

/** A cookie as it goes into one answer. */
export interface Cookie {
  readonly definition: CookieDefinition
  readonly value: string
  /** Whole seconds; `undefined`: until the browser is closed, as for a token without `exp`. */
  readonly maxAge: number | undefined
}

/** What cookies there are for a pair of tokens: one definition for setting and for clearing them. */
export class PairCookies {
  constructor(
    private readonly settings: CookieSettings,
    private readonly keys: KeyRing,
    private readonly clock: Clock,
    /** The path of the auth routes, with prefix and version. */
    private readonly authPath: () => string,
  ) {}

  /** Each lives as long as its token. Throws `cookie_too_large`. */
  of(pair: CookiePair): readonly Cookie[] {
    const { tokens, csrf } = this.settings
    const { access_token: access, refresh_token: refresh } = pair
    const accessAge = pair.expires_in ?? this.ageOf(access)
    const cookies = [this.cookie(tokens.access, access, accessAge)]
    const refreshAge = refresh === undefined ? accessAge : (pair.refresh_expires_in ?? this.ageOf(refresh))
    if (refresh !== undefined) cookies.push(this.cookie(tokens.refresh, refresh, refreshAge))
    if (csrf !== undefined) {
      const claims = [access, ...(refresh === undefined ? [] : [refresh])].map(claimsOf)
      cookies.push(this.cookie(csrf, csrfTokenFor(claims, this.keys), refreshAge))
    }
    for (const cookie of cookies) refuseTooLarge(cookie)
    return cookies
  }

  /** Takes away every cookie that there may be. */
  cleared(): readonly Cookie[] {
    const { tokens, csrf } = this.settings
    return [tokens.access, tokens.refresh, ...(csrf === undefined ? [] : [csrf])].map((definition) =>
      this.cookie(definition, '', 0),
    )
  }

  private cookie(definition: CookieDefinition, value: string, age: number | undefined): Cookie {
    return {
      definition: { ...definition, path: definition.path ?? this.authPath() },
      value,
      maxAge: age === undefined ? undefined : Math.max(0, Math.floor(age)),
    }
  }

  /** Seconds until `exp`. */
  private ageOf(token: string): number | undefined {
    const { exp } = claimsOf(token)
    return typeof exp === 'number' ? exp - Math.floor(this.clock.now() / 1000) : undefined
  }
}

/** Of a token that was issued here just now. */
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return decodeUnverified(token).claims
}

function refuseTooLarge({ definition, value, maxAge }: Cookie): void {
  const { length } = serializeCookie(definition, value, maxAge)
  if (length <= MAX_COOKIE_LENGTH) return
  throw new JwtAuthUsageError(
    'cookie_too_large',
    `The cookie ${definition.name} would be ${length} characters long, and browsers keep ${MAX_COOKIE_LENGTH}. ` +
      'Put less into the claims.',
  )
}
