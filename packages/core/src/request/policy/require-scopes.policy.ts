import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { JwtClaims } from '../../register.js'
import type { Policy } from './policy.js'

/** All wanted scopes must be in `scope`: a space-separated string (RFC 8693 section 4.2) or an array of strings. */
export function requireScopes(wanted: readonly string[]): Policy {
  const scope = wanted.join(' ')
  return (claims) => {
    const granted = grantedScopes(claims)
    return wanted.every((one) => granted.includes(one))
      ? undefined
      : new JwtAuthError('insufficient_scope', {
          reason: `the token lacks one of the scopes "${scope}"`,
          scope,
          jti: claims.jti,
        })
  }
}

function grantedScopes(claims: JwtClaims & { readonly scope?: unknown }): readonly unknown[] {
  const scope = Object.hasOwn(claims, 'scope') ? claims.scope : undefined
  if (typeof scope === 'string') return scope.split(' ')
  return Array.isArray(scope) ? scope : []
}
