import type { AuthEventEmitter } from '../events/auth-event-emitter.js'
import type { JwtAuthEvent } from '../events/jwt-auth-events.js'
import type { VerifiedToken } from '../token/token-verifier.js'

type Place = Pick<JwtAuthEvent, 'transport' | 'route' | 'ip' | 'userAgent'>

/** Emits `token.legacy` if the token that was accepted is a legacy token. `at` says where, if that is known. */
export function reportLegacyUse(
  events: AuthEventEmitter,
  { origin, claims: { sub: subject } }: VerifiedToken,
  at?: () => Place,
): void {
  if (origin?.kind === 'legacy') events.emit('token.legacy', { subject, ...at?.() })
}
