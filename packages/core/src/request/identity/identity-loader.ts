import type { Identity, JwtClaims } from '../../register.js'

/** What an identity loader is told beside the claims. */
export interface IdentityLoaderContext {
  /** Why the identity is wanted: for a route that asks for it, or for a new token. */
  readonly purpose: 'request' | 'refresh'
}

/**
 * Finds the identity that a token speaks of. `null` or `undefined` means that it is gone, and the token is refused
 * with `identity_unknown`; `0` and `''` are identities. May be async; what it throws is a 500, logged with its cause.
 */
export abstract class IdentityLoader<I = Identity> {
  abstract loadIdentity(
    claims: JwtClaims,
    context: IdentityLoaderContext,
  ): I | null | undefined | Promise<I | null | undefined>
}
