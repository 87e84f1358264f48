import type { CustomClaims, Identity, RegisteredClaims } from '../register.js'
import type { TokenKind } from '../token/token-kind.js'

/** What a claims loader gets beside the identity. */
export interface ClaimsLoaderContext {
  /** Which token the claims are for. */
  readonly kind: TokenKind
  /** A copy of the claims so far: the registered ones, and with `claimsMode: 'replace'` also `options.claims`. */
  readonly claims: RegisteredClaims & Readonly<Partial<CustomClaims>>
}

type AnyClaims = CustomClaims & RegisteredClaims

/**
 * What a claims loader may return: plain JSON data; `null` and `undefined` add nothing. `aud` and `nbf` are always
 * allowed, the other registered claims only with `claimsMode: 'replace'`.
 */
export type LoadedClaims = { readonly [K in keyof AnyClaims]?: AnyClaims[K] | undefined } | null | undefined

/**
 * Adds the app's custom claims when a token is made. Gets the identity that was given to `issue`, and at a refresh the
 * one that the identity loader finds, so the new token says what the database says then. The returned object is copied,
 * never changed. If the loader throws, no token is issued, and the response is a 500, or that of an
 * `HttpException`.
 */
export abstract class ClaimsLoader<I = Identity> {
  /** Returns the claims to add, or nothing. Called once for each access token and each refresh token. */
  abstract loadClaims(identity: I, context: ClaimsLoaderContext): LoadedClaims | Promise<LoadedClaims>
}
