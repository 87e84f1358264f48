import type { Identity, JwtClaims } from '../../register.js'

/** The second argument of `loadIdentity`. */
export interface IdentityLoaderContext {
  /** `'request'`: for a guarded request. `'refresh'`: for the next pair of tokens. */
  readonly purpose: 'request' | 'refresh'
  /** The verified claim `iss`: who signed the token, this app or another issuer. `undefined` if the token names nobody. */
  readonly issuer: string | undefined
}

/**
 * Finds the identity that a token belongs to. Return `null` or `undefined` if it does not exist any more: the token is
 * then refused with `identity_unknown`. `0` and `''` are identities. May be async. If it throws, the response is a 500, or
 * that of an `HttpException`.
 */
export abstract class IdentityLoader<I = Identity> {
  /** Called at most once per request, with the claims of a token that has passed every check, and once per refresh. */
  abstract loadIdentity(
    claims: JwtClaims,
    context: IdentityLoaderContext,
  ): I | null | undefined | Promise<I | null | undefined>
}
