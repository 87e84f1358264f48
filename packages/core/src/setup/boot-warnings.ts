import type { JwtAuthOptions } from './jwt-auth-options.js'

/** What is allowed, and costs something that is easily overlooked: said once, at boot. */
export function bootWarnings({ claimsMode }: JwtAuthOptions): readonly string[] {
  if (claimsMode !== 'replace') return []
  return [
    "claimsMode: 'replace': the claims loader makes the whole payload of access tokens. A token without `jti` and " +
      '`sid` can not be revoked one by one (not_revocable); to keep them, return those of context.claims too.',
  ]
}
