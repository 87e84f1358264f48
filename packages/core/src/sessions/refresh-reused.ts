import { JwtAuthError } from '../errors/jwt-auth.error.js'
import type { AuthEventEmitter } from '../events/auth-event-emitter.js'
import type { SessionRecord } from './session.js'

/** Emits the event of a session that a used refresh token has ended, and returns the refusal (RFC 9700 section 4.14.2). */
export function refreshReused(
  { subject, id }: SessionRecord,
  jti: string,
  events: AuthEventEmitter,
): JwtAuthError<'refresh_reused'> {
  events.emit('refresh.reused', { subject, sessionId: id, jti })
  return new JwtAuthError('refresh_reused', { reason: 'the refresh token was used before', jti })
}
