import { Observable, Subject } from 'rxjs'
import type { Clock } from '../time/clock.js'
import { isolate } from './isolated-observable.js'
import type { JwtAuthEvent, JwtAuthEventType } from './jwt-auth-events.js'
import { emitSafely } from './subscriber-failures.js'

/** The log of the emitter; Nest's `Logger` is one. */
export interface EventLog {
  warn(message: string): void
  error(message: string, stack?: string): void
}

/** The library's side of `JwtAuthEvents`: only this class can emit. */
export class AuthEventEmitter {
  private readonly subject = new Subject<JwtAuthEvent>()
  readonly events$: Observable<JwtAuthEvent>

  constructor(
    private readonly clock: Clock,
    private readonly log: EventLog,
  ) {
    // Not `asObservable()`, whose `source` is the subject: the app could emit through it.
    const events = new Observable<JwtAuthEvent>((subscriber) => this.subject.subscribe(subscriber))
    this.events$ = isolate(events, this.logFailure)
  }

  /** Calls the subscribers, synchronously. Never throws. */
  emit(type: JwtAuthEventType, about: Omit<JwtAuthEvent, 'type' | 'at'>): void {
    if (type === 'refresh.reused') {
      this.log.warn(`A refresh token was used again, so its session has been ended: ${about.sessionId}`)
    }
    if (!this.subject.observed) return
    const event = Object.freeze({ type, at: new Date(this.clock.now()), ...about })
    emitSafely(() => this.subject.next(event), this.logFailure)
  }

  private readonly logFailure = (error: unknown): void => {
    this.log.error('A subscriber of JwtAuthEvents failed.', error instanceof Error ? error.stack : undefined)
  }
}
