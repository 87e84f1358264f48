/** The stable code of a mistake in the app's own code. */
export type UsageErrorCode =
  | 'claim_reserved'
  | 'claims_invalid'
  | 'claims_loader_invalid'
  | 'header_invalid'
  | 'header_reserved'
  | 'identity_loader_required'
  | 'kind_invalid'
  | 'lifetime_invalid'
  | 'auth_time_invalid'
  | 'subject_invalid'
  | 'token_too_large'
  | 'guard_missing'
  | 'handler_replaced'
  | 'request_context_disabled'
  | 'decorator_invalid'
  | 'location_invalid'
  | 'transport_unsupported'
  | 'sessions_disabled'
  | 'signing_disabled'
  | 'options_invalid'
  | 'metadata_invalid'
  | 'purpose_invalid'
  | 'not_revocable'
  | 'cookie_too_large'
  | 'cookies_not_read'

/** A mistake in the app's own code: answered as a 500, logged with its cause, and no token is issued. */
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
  constructor(readonly claim: string) {
    super(
      'claim_reserved',
      `The claim "${claim}" is set by the library. Return it under another name, or see claimsMode: 'replace'.`,
    )
    this.name = 'ReservedClaimError'
  }
}
