import type { CustomClaims } from '../register.js'
import type { Duration } from '../time/duration.js'

/** How one `issue` or `issueAccessToken` differs from the module's options. */
export interface IssueOptions {
  /** Merged last, over the claims loader's. `aud` and `nbf` may be given too; other registered claims throw. */
  readonly claims?:
    (Partial<CustomClaims> & { readonly aud?: string | readonly string[]; readonly nbf?: number }) | undefined
  /** More JOSE header members; not `alg kid typ cty crit b64 zip jwk jku x5c x5u x5t`. */
  readonly header?: Readonly<Record<string, unknown>> | undefined
  /** Lifetime of the access token. Zero or less: already expired. `'never'` only with `accessToken.allowNever`. */
  readonly expiresIn?: Duration | undefined
  /** The access token is good only after this long. */
  readonly notBefore?: Duration | undefined
  /** In place of the module's `audience`, on the access token. */
  readonly audience?: string | readonly string[] | undefined
  /** When the user proved who they are: seconds since the epoch, or a Date. `issue` takes now by default. */
  readonly authTime?: number | Date | undefined
  readonly session?: SessionOptions | undefined
}

export interface SessionOptions {
  /**
   * Kept with the session and listed with it: a device's name, for instance. A JSON object; at most 8,192 characters
   * together with the claims that the session keeps.
   */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
}

/** How one `refresh` differs. `claims` are merged over those that the session keeps from `issue`. */
export type RefreshOptions = Pick<IssueOptions, 'claims' | 'header' | 'expiresIn' | 'notBefore' | 'audience'>

/** How a one-time token is made. */
export interface OneTimeTokenOptions {
  readonly expiresIn: Duration
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}
