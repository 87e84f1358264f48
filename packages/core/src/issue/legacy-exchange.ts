import { createHash } from 'node:crypto'
import { JwtAuthError } from '../errors/jwt-auth.error.js'
import type { AuthEventEmitter } from '../events/auth-event-emitter.js'
import type { IdentityLoader } from '../request/identity/identity-loader.js'
import { loadIdentity } from '../request/identity/load-identity.js'
import { keepUntil, type SessionRules } from '../sessions/lifetimes.js'
import type { StoredSessionCheck } from '../sessions/session-check.js'
import type { StoreClient } from '../sessions/store/store-client.js'
import { splitCompactJws } from '../token/compact-jws.js'
import type { TokenVerifier } from '../token/token-verifier.js'
import type { CheckedIssueOptions } from './checked-options.js'
import { reportLegacyUse } from './legacy-uses.js'
import type { SessionOpener } from './session-opener.js'
import type { TokenPair } from './token-pair.js'

export interface LegacyExchangeDependencies {
  readonly verifier: TokenVerifier
  readonly check: StoredSessionCheck
  readonly store: StoreClient
  readonly rules: SessionRules
  readonly events: AuthEventEmitter
  readonly identityLoader: () => IdentityLoader | undefined
  readonly opener: SessionOpener
}

/** Opens a session for a legacy token, once per token. */
export class LegacyExchange {
  constructor(private readonly dependencies: LegacyExchangeDependencies) {}

  /** Throws the refusal of the token, `identity_unknown`, or `token_revoked` if it was exchanged before. */
  async exchange(token: string, options: CheckedIssueOptions): Promise<TokenPair> {
    const { verifier, check, store, rules, events, identityLoader, opener } = this.dependencies
    const verified = await verifier.verifyForExchange(token)
    if (verified.origin?.kind !== 'legacy') {
      throw new JwtAuthError('token_wrong_type', { reason: 'only a legacy token can be exchanged' })
    }
    const { sub: subject } = verified.claims
    const until = keepUntil(ownExp(token), rules)
    const operation = store.begin()
    const { token: live, generation } = await check.exchangeable(verified, until, operation)
    reportLegacyUse(events, live)
    const identity = await loadIdentity(live, identityLoader(), 'refresh')
    const exchanged = { jti: idOf(token), generation, keepUntil: until }
    return opener.open({ identity, subject, authTime: undefined }, options, exchanged, operation)
  }
}

/** The `exp` that the token has itself: the date of the option, which caps it in the claims, may be set to a later one. */
function ownExp(token: string): number {
  const { exp } = splitCompactJws(token).claims()
  if (typeof exp === 'number') return exp
  throw new TypeError('A legacy token without exp was accepted.')
}

/**
 * The id under which the exchange is stored, because a legacy token has no `jti`. A hash of the signing input without the
 * signature: from one ECDSA signature anybody can make a second valid one of the same content.
 */
function idOf(token: string): string {
  return createHash('sha256').update(splitCompactJws(token).signingInput).digest('base64url')
}
