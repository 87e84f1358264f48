/**
 * Declare the types of your claims and your identity once, and the whole API uses them:
 * `declare module '@nest-jwt-auth/core' { interface Register { claims: AppClaims; identity: User } }`
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- filled in by the app
export interface Register {}

/** The app's own claims: `Register['claims']`, or any. */
export type CustomClaims = Register extends { claims: infer C extends object } ? C : Record<string, unknown>

/** What the app knows about the caller: `Register['identity']`, or unknown. */
export type Identity = Register extends { identity: infer I } ? I : unknown

/** The registered claims (RFC 7519 section 4.1) that the library sets, with `sid` and `auth_time` of OpenID Connect. */
export interface RegisteredClaims {
  readonly iss?: string
  readonly sub: string
  readonly aud?: string | readonly string[]
  /** Seconds since the epoch, as every date here. Absent only on tokens that never expire. */
  readonly exp?: number
  readonly nbf?: number
  readonly iat?: number
  /** Names this one token. Absent only where `claimsMode: 'replace'` leaves it out. */
  readonly jti?: string
  /** The session. */
  readonly sid?: string
  /** When the user last proved who they are. */
  readonly auth_time?: number
}

/** The claims of a token: registered and the app's own, deeply frozen. */
export type JwtClaims = RegisteredClaims & Readonly<CustomClaims>
