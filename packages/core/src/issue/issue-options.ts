import type { CustomClaims } from '../register.js'
import type { Duration } from '../time/duration.js'

/** How the tokens of one `issue` or `issueAccessToken` differ from the module's options. Unknown members are errors. */
export interface IssueOptions {
  /**
   * Custom claims, merged over those of the claims loader; plain JSON data. `aud` and `nbf` may be given too; other
   * registered claims throw a `ReservedClaimError`.
   */
  readonly claims?:
    (Partial<CustomClaims> & { readonly aud?: string | readonly string[]; readonly nbf?: number }) | undefined
  /** More JOSE header members, plain JSON data; not `alg kid typ cty crit b64 zip jwk jku x5c x5u x5t`. */
  readonly header?: Readonly<Record<string, unknown>> | undefined
  /** Lifetime of the access token, rounded up to whole seconds; zero or less makes an expired token. `'never'` needs `accessToken.allowNever`. */
  readonly expiresIn?: Duration | undefined
  /** The access token is valid only after this duration. */
  readonly notBefore?: Duration | undefined
  /** Replaces the module's `audience` on the access token. */
  readonly audience?: string | readonly string[] | undefined
  /**
   * When the user proved who they are: seconds since the epoch, or a Date; at most 5 seconds in the future. Default:
   * now for `issue`, absent for `issueAccessToken`.
   */
  readonly authTime?: number | Date | undefined
  /** Options of the session that `issue` opens. Of a pair without a session, `persistent` alone means something. */
  readonly session?: SessionOptions | undefined
}

/** How the session of one login differs from the module's options. Kept with the session and at every refresh. */
export interface SessionOptions {
  /**
   * Returned with the session by `sessions()`, such as the name of a device. Plain JSON data; at most
   * 8,192 characters of JSON together with the claims that the session keeps.
   */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  /** The idle limit of this session; no longer than `refreshToken.expiresIn`. */
  readonly expiresIn?: Duration | undefined
  /** The absolute limit of this session; no longer than `refreshToken.sessionExpiresIn`. */
  readonly sessionExpiresIn?: Duration | undefined
  /** `false`: the cookies end with the browser ("remember me" is not ticked). Default `true`. */
  readonly persistent?: boolean | undefined
}

/** Options of one `refresh`. `claims` and `audience` are merged over those that the session keeps. */
export type RefreshOptions = Pick<IssueOptions, 'claims' | 'header' | 'expiresIn' | 'notBefore' | 'audience'>

/** Options of one `exchangeLegacy`. When the user proved who they are is not known, so there is no `authTime`. */
export type ExchangeOptions = Omit<IssueOptions, 'authTime'>

/** Options of a one-time token. */
export interface OneTimeTokenOptions {
  /** Required: there is no default lifetime. Zero or less makes an expired token. */
  readonly expiresIn: Duration
  /** Custom claims; plain JSON data. The claims loader is not called. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}
