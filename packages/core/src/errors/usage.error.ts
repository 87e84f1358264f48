/** The stable `code` of a mistake in the app's own code. */
export type UsageErrorCode =
  /** A claims loader or `options.claims` sets a claim that only the library sets. The error is a `ReservedClaimError` with `claim`. */
  | 'claim_reserved'
  /** `options.claims` is not an object of plain JSON data, or is too large for a session to keep. */
  | 'claims_invalid'
  /** What a claims loader returned is not an object of plain JSON data, or not what `claimsMode: 'replace'` needs. */
  | 'claims_loader_invalid'
  /** `options.header` is not an object of plain JSON data. */
  | 'header_invalid'
  /** `options.header` sets a header member that only the library sets. */
  | 'header_reserved'
  /** With a claims loader and refresh tokens, an identity that is not the subject string needs the option `identityLoader`. */
  | 'identity_loader_required'
  /** `verify` was asked for a kind of token other than `'access'` and `'refresh'`. */
  | 'kind_invalid'
  /** A duration given to a call is not a duration, has no unit, or is not allowed by the options of the module. */
  | 'lifetime_invalid'
  /** `options.authTime` is not a time, or is in the future. */
  | 'auth_time_invalid'
  /** No subject of 1 to 255 characters can be found for the identity. */
  | 'subject_invalid'
  /** The token would be longer than verifiers accept. */
  | 'token_too_large'
  /** A parameter decorator is used on a route for which no `JwtGuard` ran. */
  | 'guard_missing'
  /** A function replaced a handler and lacks the metadata of the handler's decorators. */
  | 'handler_replaced'
  /** `JwtAuthContext` is used, but the option `requestContext` is not set. */
  | 'request_context_disabled'
  /** A decorator has invalid arguments, or contradicts another one on the same target. */
  | 'decorator_invalid'
  /** A location function returned something other than a string or `undefined`. */
  | 'location_invalid'
  /** `JwtGuard` runs for a kind of context in which it cannot find a token. */
  | 'transport_unsupported'
  /** A message came on a connection whose handshake was not checked: `JwtSockets.protect` was not called for its server. */
  | 'socket_not_protected'
  /** The call needs sessions, but the option `refreshToken` is `false`. */
  | 'sessions_disabled'
  /** The call signs a token, but the app has no key that can sign. */
  | 'signing_disabled'
  /** A method of `KeyService` was called, but the option `keyRotation` is not set. */
  | 'rotation_disabled'
  /** A rotation would put more than 100 keys into the JWKS. */
  | 'too_many_keys'
  /** The options of a call are not an object, or have a member that does not exist. */
  | 'options_invalid'
  /** `options.session.metadata` is not an object of plain JSON data, or is too large. */
  | 'metadata_invalid'
  /** A purpose is not a letter and up to 60 lower-case letters, digits and hyphens after it, or it is `at` or `rt`. */
  | 'purpose_invalid'
  /** The token has neither `jti` nor `sid`, so it cannot be revoked individually. */
  | 'not_revocable'
  /** A token is too large for a cookie: browsers drop larger ones. */
  | 'cookie_too_large'
  /** `AuthCookies.set` was called, but `'cookie'` is not among the `locations` of the module. */
  | 'cookies_not_read'
  /** `withBearer` was given a client whose messages it cannot add metadata to. */
  | 'client_unsupported'
  /** What was given to `withBearer` or `bearerMetadata` as a token cannot be one. */
  | 'bearer_invalid'

/** A mistake in the app's own code. Inside a request it becomes a 500 and is logged; no token is issued. */
export class JwtAuthUsageError extends Error {
  constructor(
    readonly code: UsageErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'JwtAuthUsageError'
  }
}

/** A claims loader or `options.claims` tried to set a claim that only the library sets. `claim` names it. */
export class ReservedClaimError extends JwtAuthUsageError {
  /** `source` is where the claim comes from, such as `options.claims`. */
  constructor(
    readonly claim: string,
    source: string,
  ) {
    super(
      'claim_reserved',
      `${source}: The claim "${claim}" is set by the library. Use another name, or see the option claimsMode: 'replace'.`,
    )
    this.name = 'ReservedClaimError'
  }
}
