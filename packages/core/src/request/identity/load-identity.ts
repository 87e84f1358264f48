import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { JwtClaims } from '../../register.js'
import type { LiveToken } from '../../sessions/session-check.js'
import type { IdentityLoader, IdentityLoaderContext } from './identity-loader.js'

/** The identity of a live token: the one that the loader finds, or the subject if there is no loader. */
export function loadIdentity(
  { claims }: LiveToken,
  loader: IdentityLoader | undefined,
  purpose: IdentityLoaderContext['purpose'],
): Promise<unknown> {
  return findIdentity(claims, loader, purpose)
}

/** Throws `identity_unknown` if the loader finds nobody. */
export async function findIdentity(
  claims: JwtClaims,
  loader: IdentityLoader | undefined,
  purpose: IdentityLoaderContext['purpose'],
): Promise<unknown> {
  if (loader === undefined) return claims.sub
  const identity = await loader.loadIdentity(claims, { purpose, issuer: claims.iss })
  if (identity === null || identity === undefined) {
    throw new JwtAuthError('identity_unknown', {
      reason: 'the identity loader found nobody',
      jti: claims.jti,
    })
  }
  return identity
}
