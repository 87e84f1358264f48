import { Logger } from '@nestjs/common'
import type { Observable } from 'rxjs'
import type { AuthErrorCode } from '../errors/refusals.js'
import type { Clock } from '../time/clock.js'
import { SafeSubject } from './safe-subject.js'

export type JwtAuthEventType =
  | 'token.issued'
  | 'token.refreshed'
  | 'refresh.reused'
  | 'session.revoked'
  | 'subject.revoked'
  | 'auth.denied'

/** Something that happened. Holds no token and no claim but the ids that name whom it is about. */
export interface JwtAuthEvent {
  readonly type: JwtAuthEventType
  readonly at: Date
  readonly subject?: string | undefined
  readonly sessionId?: string | undefined
  readonly jti?: string | undefined
  readonly errorCode?: AuthErrorCode | undefined
}

/**
 * What happens to tokens and sessions, as it happens: for audit logs and alarms. Subscribers run within the request,
 * so let them be quick; one that throws, through `pipe` too, is logged and fails nothing. A session that runs out, or
 * makes room for another (`sessions.max`), has no event. What other Observables make of it (`merge(events$, …)`) is theirs to catch.
 */
export class JwtAuthEvents {
  private readonly logger = new Logger('JwtAuth')
  private readonly subject = new SafeSubject<JwtAuthEvent>((error) =>
    this.logger.error('A subscriber of JwtAuthEvents threw.', error instanceof Error ? error.stack : ''),
  )
  readonly events$: Observable<JwtAuthEvent> = this.subject.asSafeObservable()

  constructor(private readonly clock: Clock) {}

  /** For the library: tells the subscribers. */
  emit(type: JwtAuthEventType, about: Omit<JwtAuthEvent, 'type' | 'at'>): void {
    if (type === 'refresh.reused') {
      this.logger.warn(`A refresh token was used again, so its session has been ended: ${about.sessionId}`)
    }
    this.subject.next(Object.freeze({ type, at: new Date(this.clock.now()), ...about }))
  }
}
