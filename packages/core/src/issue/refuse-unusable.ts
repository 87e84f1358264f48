import { JwtAuthUsageError } from '../errors/usage.error.js'
import { misshapenClaim } from '../token/check-claims.js'

const WRONG_SHAPE = 'has an invalid type or is out of range'

/** Throws for registered claims that no verifier here would accept. */
export function refuseUnusable(claims: Readonly<Record<string, unknown>>): void {
  const misshapen = misshapenClaim(claims)
  if (misshapen !== undefined) throw invalid(misshapen, WRONG_SHAPE)
  refuseAudience(claims['aud'])
  const {
    nbf = -Infinity,
    exp = Infinity,
    iat = 0,
  } = claims as Partial<Record<'nbf' | 'exp' | 'iat', number>>
  // With an exp that is not after iat the token is meant to have expired already.
  if (exp > iat && nbf >= exp) {
    throw invalid('nbf', 'must be before exp, because the token would otherwise never be valid')
  }
}

/** Throws for an audience that no token can have. */
export function refuseAudience(aud: unknown): void {
  if (!isAudience(aud)) throw invalid('aud', WRONG_SHAPE)
}

/** RFC 7519 section 4.1.3: one name or a list of names, none of them empty. */
function isAudience(aud: unknown): boolean {
  if (aud === undefined) return true
  const names: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return names.length > 0 && names.every((name) => typeof name === 'string' && name !== '')
}

function invalid(claim: string, problem: string): JwtAuthUsageError {
  return new JwtAuthUsageError('claims_invalid', `The claim "${claim}" ${problem}.`)
}
