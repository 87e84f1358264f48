import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { JwtClaims } from '../../register.js'
import type { Policy, PolicyContext } from './policy.js'

/** `auth_time` must be newer than `maxAge` seconds (RFC 9470 section 4); a missing one is stale. No clock tolerance. */
export function requireFresh(maxAge: number): Policy {
  const refuse = (claims: JwtClaims, { now }: PolicyContext): JwtAuthError | undefined => {
    const authTime = Object.hasOwn(claims, 'auth_time') ? claims.auth_time : undefined
    return authTime !== undefined && now / 1000 - authTime < maxAge
      ? undefined
      : new JwtAuthError('insufficient_user_authentication', {
          reason: `auth_time is missing, or ${maxAge} s old or older`,
          maxAge,
          jti: claims.jti,
        })
  }
  return Object.assign(refuse, { refusal: { code: 'insufficient_user_authentication', maxAge } as const })
}
