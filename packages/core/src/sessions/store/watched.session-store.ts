import type { LookupMemory } from './lookup-memory.js'
import type { SessionRecord } from '../session.js'
import {
  type Lookup,
  type LookupResult,
  type Rotation,
  type RotationOutcome,
  SessionStore,
} from './session-store.js'

/** A store of whose changes a memory is told: those made by this process, and those that the store hears of. */
export class WatchedSessionStore extends SessionStore {
  override readonly isShared: boolean

  constructor(
    private readonly store: SessionStore,
    private readonly memory: LookupMemory,
  ) {
    super()
    this.isShared = store.isShared
    store.watch?.((subject) => memory.forget(subject))
  }

  open(session: SessionRecord, max: number | undefined, now: number): Promise<void> {
    return this.change(session.subject, this.store.open(session, max, now))
  }

  lookUp(lookup: Lookup, now: number): Promise<LookupResult> {
    return this.store.lookUp(lookup, now)
  }

  rotate(rotation: Rotation, now: number): Promise<RotationOutcome> {
    return this.change(rotation.subject, this.store.rotate(rotation, now))
  }

  end(sessionId: string, subject: string | undefined, now: number): Promise<boolean> {
    return this.change(subject, this.store.end(sessionId, subject, now))
  }

  endAll(subject: string, except: string | undefined, keepUntil: number, now: number): Promise<number> {
    return this.change(subject, this.store.endAll(subject, except, keepUntil, now))
  }

  list(subject: string, now: number): Promise<readonly SessionRecord[]> {
    return this.store.list(subject, now)
  }

  admit(subject: string, keepUntil: number, now: number): Promise<number> {
    return this.store.admit(subject, keepUntil, now)
  }

  revokeToken(jti: string, subject: string, keepUntil: number, now: number): Promise<void> {
    return this.change(subject, this.store.revokeToken(jti, subject, keepUntil, now))
  }

  addOneTimeToken(jti: string, subject: string, keepUntil: number, now: number): Promise<void> {
    return this.store.addOneTimeToken(jti, subject, keepUntil, now)
  }

  consumeOneTimeToken(jti: string, subject: string, now: number): Promise<boolean> {
    return this.store.consumeOneTimeToken(jti, subject, now)
  }

  prune(now: number): Promise<number> {
    return this.store.prune(now)
  }

  /** Also where the outcome is unknown. */
  private async change<T>(subject: string | undefined, work: Promise<T>): Promise<T> {
    try {
      return await work
    } finally {
      this.memory.forget(subject)
    }
  }
}
