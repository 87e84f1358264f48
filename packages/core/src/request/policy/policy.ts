import type { JwtClaims } from '../../register.js'
import type { JwtAuthError } from '../../errors/jwt-auth.error.js'

/** The second argument of a policy. */
export interface PolicyContext {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The claims that hold the scopes of the token; `scope` if left out. */
  readonly scopeClaims?: readonly string[] | undefined
  /** Called with the error if a function of the app throws. The policy then refuses. */
  readonly onError: (error: unknown) => void
}

/** What a policy refuses with, and what it requires, as far as clients are told. */
export type PolicyRefusal =
  | { readonly code: 'insufficient_claims' }
  | { readonly code: 'insufficient_scope'; readonly scopes: readonly string[] }
  /** `maxAge`: in seconds. */
  | { readonly code: 'insufficient_user_authentication'; readonly maxAge: number }

/** A requirement of a route. Returns the refusal, or `undefined` if the claims satisfy it. */
export interface Policy {
  (claims: JwtClaims, context: PolicyContext): JwtAuthError | undefined | Promise<JwtAuthError | undefined>
  readonly refusal: PolicyRefusal
}
