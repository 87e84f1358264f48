import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { JwtClaims } from '../../register.js'
import { scopesIn } from '../../token/scopes.js'
import type { Policy, PolicyContext } from './policy.js'

/**
 * All wanted scopes must be in `scope`: a space-separated string (RFC 8693 section 4.2) or an array of strings. Tokens of
 * other issuers may have them in other claims too.
 */
export function requireScopes(wanted: readonly string[]): Policy {
  const scope = wanted.join(' ')
  const refuse = (
    claims: JwtClaims,
    { scopeClaims = OWN_SCOPE_CLAIMS }: PolicyContext,
  ): JwtAuthError | undefined => {
    const granted = new Set(scopesIn(claims, scopeClaims))
    return wanted.every((one) => granted.has(one))
      ? undefined
      : new JwtAuthError('insufficient_scope', {
          reason: `the token lacks one of the scopes "${scope}"`,
          scope,
          jti: claims.jti,
        })
  }
  return Object.assign(refuse, { refusal: { code: 'insufficient_scope', scopes: wanted } as const })
}

const OWN_SCOPE_CLAIMS = ['scope'] as const
