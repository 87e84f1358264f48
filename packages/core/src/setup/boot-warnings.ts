import type { CheckedExtras, CheckedOptions } from './options/option-tables.js'

/** A possible warning: whether it applies, and its line. */
type Warning = readonly [isSo: boolean, line: string]

/** What is allowed and easily overlooked. Logged once, at boot, a line each. `now` is in milliseconds. */
export function bootWarnings(
  { claimsMode, keyRotation, legacyTokens, refreshToken }: CheckedOptions,
  { claimsLoader, identityLoader, sessionStore, keyStore }: CheckedExtras,
  now: number,
): readonly string[] {
  const warnings: readonly Warning[] = [
    [
      refreshToken !== false && sessionStore === undefined,
      'sessionStore: No session store is set, so sessions are kept in memory: a restart signs everybody out, and other ' +
        'instances do not know them. Set a store, or choose the store in memory explicitly with sessionStore: InMemorySessionStore.',
    ],
    [
      keyRotation !== undefined && keyStore === undefined,
      'keyStore: No key store is set, so keys are kept in memory: a restart makes all tokens invalid, and other instances ' +
        'have other keys. Set a store, or choose the store in memory explicitly with keyStore: InMemoryKeyStore.',
    ],
    [
      refreshToken !== false && claimsLoader !== undefined && identityLoader === undefined,
      'identityLoader: A claims loader is set without an identity loader, so `issue` takes only identities that are ' +
        'strings; a login with an object or a number fails with identity_loader_required. Set identityLoader, or ' +
        'refreshToken: false.',
    ],
    [
      claimsMode === 'replace',
      "claimsMode: With 'replace' the claims loader makes the whole payload of access tokens, and a token without `jti` and " +
        '`sid` cannot be revoked individually (not_revocable). To keep both, also return those of context.claims.',
    ],
    [
      legacyTokens !== undefined && legacyTokens.until <= now,
      'legacyTokens.until: The date has passed, so no legacy token is accepted any more. Remove legacyTokens.',
    ],
  ]
  return warnings.filter(([isSo]) => isSo).map(([, line]) => line)
}
