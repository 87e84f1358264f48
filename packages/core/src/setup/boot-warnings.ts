import type { CheckedOptions } from './options/option-tables.js'

/** What is allowed, and costs something that is easily overlooked: logged once, at boot, a line each. */
export function bootWarnings({ claimsMode }: CheckedOptions): readonly string[] {
  if (claimsMode !== 'replace') return []
  return [
    "claimsMode: 'replace': the claims loader makes the whole payload of access tokens. A token without `jti` and " +
      '`sid` cannot be revoked one by one (not_revocable); to keep them, return those of context.claims too.',
  ]
}
