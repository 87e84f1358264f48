import type { Algorithm } from '../keys/algorithms.js'
import type { KeyMaterial } from '../keys/jwt-key.js'
import type { JoseHeader } from '../token/compact-jws.js'

/** The claims of a legacy token as the former code wrote them: verified, and deeply frozen. */
export type LegacyClaims = Readonly<Record<string, unknown>>

/** The second argument of `accept`. */
export interface LegacyTokenContext {
  /** The JOSE header, verified like the claims. */
  readonly header: JoseHeader
  /** The token itself: for an app that keeps hashes of its refresh tokens, or a list of revoked ones. */
  readonly token: string
  /**
   * `'access'`: the token opens a guarded route. `'exchange'`: it was given to `exchangeLegacy`. A former refresh token may
   * be accepted for an exchange, and must not be for access.
   */
  readonly purpose: 'access' | 'exchange'
}

/**
 * Access tokens that the app's former code signed: without `kid`, with the header `typ: 'JWT'` or none, with `sub` and
 * `exp`. They belong to no session; `TokenService.revokeAll` ends them, `TokenService.exchangeLegacy` replaces them.
 */
export interface LegacyTokensOptions {
  /** The secret of the former code, for an HS algorithm: another than the app's own, and as strong. */
  readonly secret?: string | Uint8Array | undefined
  /** The public key of the former code, for any other algorithm. Either this or `secret` must be set. */
  readonly publicKey?: KeyMaterial | undefined
  /** The one algorithm that the former code signed with; `jsonwebtoken` and `@nestjs/jwt` sign with HS256 by default. */
  readonly algorithm: Algorithm
  /**
   * Until when legacy tokens are accepted, at most 90 days from now: a Date, or a date in ISO 8601, such as `'2027-01-31'`
   * (00:00 UTC) or `'2027-01-31T12:00:00Z'`.
   */
  readonly until: Date | string
  /**
   * Decides whether a token is one of the former access tokens, because the former refresh tokens may look alike. A token
   * is accepted only if it returns exactly `true`; may be async. If it throws, the token is refused and the error is
   * logged. Asked at every use of a token.
   */
  readonly accept: (claims: LegacyClaims, context: LegacyTokenContext) => boolean | Promise<boolean>
}
