import type { CustomClaims, Identity, RegisteredClaims } from '../register.js'
import type { TokenKind } from '../token/token-kind.js'

/** What a claims loader is told beside the identity. */
export interface ClaimsLoaderContext {
  /** Which token the claims are for. */
  readonly kind: TokenKind
  /** The claims so far: registered ones and, with `claimsMode: 'replace'`, all that would be sent. A copy. */
  readonly claims: Readonly<Record<string, unknown>>
}

type AnyClaims = CustomClaims & RegisteredClaims

/**
 * What a claims loader may return; `null` and `undefined` add nothing. Registered claims are for
 * `claimsMode: 'replace'`, but for `aud` and `nbf`, which may always be given.
 */
export type LoadedClaims = { readonly [K in keyof AnyClaims]?: AnyClaims[K] | undefined } | null | undefined

/**
 * Adds the app's claims, once, when a token is made. Gets what `issue` was given; runs again at every refresh, so what
 * the database says then counts. Its object is never changed. What it throws is a 500, and no token is issued.
 */
export abstract class ClaimsLoader<I = Identity> {
  abstract loadClaims(identity: I, context: ClaimsLoaderContext): LoadedClaims | Promise<LoadedClaims>
}
