import type { JwtClaims } from '../../register.js'
import type { JwtAuthError } from '../../errors/jwt-auth.error.js'

/** What a policy may look at beside the claims. */
export interface PolicyContext {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Reports the app's own code that threw where it should have answered. */
  readonly onError: (error: unknown) => void
}

/** What a route demands of the claims: the refusal, or `undefined` where they satisfy it. */
export type Policy = (
  claims: JwtClaims,
  context: PolicyContext,
) => JwtAuthError | undefined | Promise<JwtAuthError | undefined>
