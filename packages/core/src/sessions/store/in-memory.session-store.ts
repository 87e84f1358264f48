import { FIRST_EPOCH_OF_ALL } from '../epoch.js'
import { ExpiringMap } from './expiring-map.js'
import { standingOf } from '../rotation.js'
import type { SessionRecord } from '../session.js'
import {
  type Lookup,
  type LookupResult,
  type Rotation,
  type RotationOutcome,
  SessionStore,
} from './session-store.js'

interface Kept {
  readonly keepUntil: number
}

/**
 * Remembers in this process alone: for one instance, tests and development. A restart signs everybody out, but not
 * access tokens without a session, which are good until they expire wherever nobody has revoked them. Every
 * method does all its work before it first yields, so each is atomic.
 */
export class InMemorySessionStore extends SessionStore {
  override readonly isShared = false
  private readonly idsOfSubject = new Map<string, Set<string>>()
  private readonly sessions = new ExpiringMap<SessionRecord>((session) => this.forget(session))
  private readonly revoked = new ExpiringMap<Kept>()
  private readonly epochs = new ExpiringMap<Kept & { readonly epoch: number }>()
  private readonly oneTime = new ExpiringMap<Kept & { readonly subject: string; readonly epoch: number }>()

  async open(session: SessionRecord, max: number | undefined, now: number): Promise<void> {
    this.sessions.set(session.id, session, now)
    const ids = this.idsOfSubject.get(session.subject) ?? new Set<string>()
    this.idsOfSubject.set(session.subject, ids.add(session.id))
    if (max === undefined) return
    const others = this.of(session.subject, now).filter(({ id }) => id !== session.id)
    const latestFirst = others.toSorted((a, b) => b.lastUsedAt - a.lastUsedAt)
    for (const { id } of latestFirst.slice(Math.max(0, max - 1))) this.sessions.take(id, now)
  }

  async lookUp({ subject, sessionId, jti }: Lookup, now: number): Promise<LookupResult> {
    return {
      session: sessionId === undefined ? undefined : this.find(sessionId, subject, now),
      revoked: jti !== undefined && this.revoked.get(jti, now) !== undefined,
      epoch: sessionId === undefined ? this.epochs.get(subject, now)?.epoch : undefined,
    }
  }

  async rotate(rotation: Rotation, now: number): Promise<RotationOutcome> {
    const { subject, sessionId, presented, successor, keepUntil, reuseGrace } = rotation
    const session = this.find(sessionId, subject, now)
    if (session === undefined) return { kind: 'gone' }
    switch (standingOf(session, presented, now, reuseGrace)) {
      case 'current': {
        const parent = { jti: presented, rotatedAt: now }
        this.sessions.set(
          sessionId,
          { ...session, current: successor, parent, lastUsedAt: now, keepUntil },
          now,
        )
        return { kind: 'rotated' }
      }
      case 'parent':
        return { kind: 'repeated', successor: session.current }
      case 'reused':
        this.sessions.take(sessionId, now)
        return { kind: 'reused' }
    }
  }

  async end(sessionId: string, subject: string | undefined, now: number): Promise<boolean> {
    if (this.find(sessionId, subject, now) === undefined) return false
    return this.sessions.take(sessionId, now) !== undefined
  }

  async endAll(subject: string, except: string | undefined, keepUntil: number, now: number): Promise<number> {
    this.noteEpoch(subject, 1, keepUntil, now)
    const ended = this.of(subject, now).filter(({ id }) => id !== except)
    for (const { id } of ended) this.sessions.take(id, now)
    return ended.length
  }

  async list(subject: string, now: number): Promise<readonly SessionRecord[]> {
    return this.of(subject, now)
  }

  async admit(subject: string, keepUntil: number, now: number): Promise<number> {
    return this.noteEpoch(subject, 0, keepUntil, now)
  }

  async revokeToken(jti: string, _subject: string, keepUntil: number, now: number): Promise<void> {
    this.revoked.set(jti, { keepUntil }, now)
  }

  async addOneTimeToken(jti: string, subject: string, keepUntil: number, now: number): Promise<void> {
    const epoch = this.noteEpoch(subject, 0, keepUntil, now)
    this.oneTime.set(jti, { subject, epoch, keepUntil }, now)
  }

  async consumeOneTimeToken(jti: string, _subject: string, now: number): Promise<boolean> {
    const token = this.oneTime.take(jti, now)
    return token !== undefined && this.epochs.get(token.subject, now)?.epoch === token.epoch
  }

  async prune(now: number): Promise<number> {
    return [this.sessions, this.revoked, this.epochs, this.oneTime].reduce(
      (sum, map) => sum + map.prune(now),
      0,
    )
  }

  private noteEpoch(subject: string, by: 0 | 1, keepUntil: number, now: number): number {
    const known = this.epochs.get(subject, now) ?? { epoch: FIRST_EPOCH_OF_ALL, keepUntil: 0 }
    const epoch = known.epoch + by
    this.epochs.set(subject, { epoch, keepUntil: Math.max(known.keepUntil, keepUntil) }, now)
    return epoch
  }

  private find(id: string, subject: string | undefined, now: number): SessionRecord | undefined {
    const session = this.sessions.get(id, now)
    return subject === undefined || session?.subject === subject ? session : undefined
  }

  private of(subject: string, now: number): SessionRecord[] {
    return [...(this.idsOfSubject.get(subject) ?? [])].flatMap((id) => this.sessions.get(id, now) ?? [])
  }

  private forget({ id, subject }: SessionRecord): void {
    const ids = this.idsOfSubject.get(subject)
    ids?.delete(id)
    if (ids?.size === 0) this.idsOfSubject.delete(subject)
  }
}
