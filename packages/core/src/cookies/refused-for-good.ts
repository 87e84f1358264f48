import type { AuthErrorCode } from '../errors/refusals.js'
import type { JwtAuthError } from '../errors/jwt-auth.error.js'

const FOR_GOOD: ReadonlySet<AuthErrorCode> = new Set([
  'token_malformed',
  'token_signature_invalid',
  'token_revoked',
  'identity_unknown',
  'refresh_reused',
])

/**
 * Whether the token of a refusal can never be accepted again, so that its cookie may go. Dates are not among the
 * reasons, because clocks differ; nor is an unknown `kid`, because other instances may know a key earlier.
 */
export function isRefusedForGood({ errorCode, details }: JwtAuthError): boolean {
  return FOR_GOOD.has(errorCode) && details.isKeyUnknown !== true
}
