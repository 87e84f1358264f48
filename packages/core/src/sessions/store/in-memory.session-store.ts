import { FIRST_GENERATION_OF_ALL } from '../generation.js'
import { ExpiringMap } from './expiring-map.js'
import type { SessionRecord } from '../session.js'
import {
  type KeepGenerationInput,
  type ConsumeInput,
  type EndAllInput,
  type EndInput,
  type ListInput,
  type LookUpInput,
  type LookUpResult,
  type LookUpTokensInput,
  type LookUpTokensResult,
  type OpenInput,
  type PruneInput,
  type RotateInput,
  type RotateResult,
  SessionStore,
  type TokenInput,
} from './session-store.js'
import { IN_MEMORY_REPORT, type StoreReport } from '../../store-report.js'

interface Kept {
  readonly keepUntil: number
}

/**
 * Keeps everything in this process: for one instance, tests and development. A restart ends all sessions and one-time
 * tokens; access tokens without a session stay good until they expire, even if they were revoked before. Every method
 * does all its work before it yields, so each is atomic.
 */
export class InMemorySessionStore extends SessionStore {
  override readonly isShared = false
  private readonly idsOfSubject = new Map<string, Set<string>>()
  private readonly sessions = new ExpiringMap<SessionRecord>((session) => this.forget(session))
  /** Ids of sessions that ended. A session in neither map was never known to this process. */
  private readonly ended = new ExpiringMap<Kept>()
  private readonly revoked = new ExpiringMap<Kept>()
  private readonly generations = new ExpiringMap<Kept & { readonly generation: number }>()
  private readonly oneTime = new ExpiringMap<
    Kept & { readonly subject: string; readonly generation: number }
  >()

  async open({ session, max, exchanged, now }: OpenInput): Promise<boolean> {
    if (exchanged !== undefined) {
      const { jti, generation, keepUntil } = exchanged
      const isCurrent = this.generations.get(session.subject, now)?.generation === generation
      if (!isCurrent || this.revoked.get(jti, now) !== undefined) return false
      this.revoked.set(jti, { keepUntil }, now)
    }
    this.sessions.set(session.id, session, now)
    const ids = this.idsOfSubject.get(session.subject) ?? new Set<string>()
    this.idsOfSubject.set(session.subject, ids.add(session.id))
    if (max === undefined) return true
    const others = this.of(session.subject, now).filter(({ id }) => id !== session.id)
    const latestFirst = others.toSorted((a, b) => b.lastUsedAt - a.lastUsedAt)
    for (const session of latestFirst.slice(Math.max(0, max - 1))) this.drop(session, now)
    return true
  }

  async lookUp({ subject, sessionId, jti, now }: LookUpInput): Promise<LookUpResult> {
    return {
      session: sessionId === undefined ? undefined : this.find(sessionId, subject, now),
      revoked: jti !== undefined && this.revoked.get(jti, now) !== undefined,
      generation: sessionId === undefined ? this.generations.get(subject, now)?.generation : undefined,
      isUnknown:
        sessionId !== undefined && !this.sessions.get(sessionId, now) && !this.ended.get(sessionId, now),
    }
  }

  async lookUpTokens({ subject, sessionIds, jtis, now }: LookUpTokensInput): Promise<LookUpTokensResult> {
    return {
      sessions: sessionIds.flatMap((id) => this.find(id, subject, now) ?? []),
      revoked: jtis.filter((jti) => this.revoked.get(jti, now) !== undefined),
      generation: this.generations.get(subject, now)?.generation,
    }
  }

  async rotate(input: RotateInput): Promise<RotateResult> {
    const { subject, sessionId, presented, successor, keepUntil, mayRepeat, now } = input
    const session = this.find(sessionId, subject, now)
    if (session === undefined) return { kind: 'gone' }
    const { current, parent } = session
    const isRepeat = presented === parent?.jti && mayRepeat
    if (presented !== current.jti && !isRepeat) {
      this.drop(session, now)
      return { kind: 'reused' }
    }
    if (input.data !== undefined && input.data.from !== session.data) {
      return { kind: 'changed', data: session.data }
    }
    const data = input.data?.to ?? session.data
    if (presented === current.jti) {
      const moved = {
        current: successor,
        parent: { jti: presented, rotatedAt: now },
        lastUsedAt: now,
        keepUntil,
      }
      this.sessions.set(sessionId, { ...session, ...moved, data }, now)
      return { kind: 'rotated' }
    }
    this.sessions.set(sessionId, { ...session, data }, now)
    return { kind: 'repeated', successor: current }
  }

  async end({ sessionId, subject, now }: EndInput): Promise<boolean> {
    const session = this.find(sessionId, subject, now)
    if (session !== undefined) this.drop(session, now)
    return session !== undefined
  }

  async endAll({ subject, except, keepUntil, now }: EndAllInput): Promise<number> {
    this.noteGeneration(subject, 1, keepUntil, now)
    const ended = this.of(subject, now).filter(({ id }) => id !== except)
    for (const session of ended) this.drop(session, now)
    return ended.length
  }

  async list({ subject, now }: ListInput): Promise<readonly SessionRecord[]> {
    return this.of(subject, now)
  }

  async keepGeneration({ subject, keepUntil, now }: KeepGenerationInput): Promise<number> {
    return this.noteGeneration(subject, 0, keepUntil, now)
  }

  async revokeToken({ jti, keepUntil, now }: TokenInput): Promise<void> {
    const known = this.revoked.get(jti, now)
    this.revoked.set(jti, { keepUntil: Math.max(known?.keepUntil ?? 0, keepUntil) }, now)
  }

  async addOneTimeToken({ jti, subject, keepUntil, now }: TokenInput): Promise<void> {
    const generation = this.noteGeneration(subject, 0, keepUntil, now)
    this.oneTime.set(jti, { subject, generation, keepUntil }, now)
  }

  async consumeOneTimeToken({ jti, now }: ConsumeInput): Promise<boolean> {
    const token = this.oneTime.take(jti, now)
    return token !== undefined && this.generations.get(token.subject, now)?.generation === token.generation
  }

  async prune({ now }: PruneInput): Promise<number> {
    const all = [this.sessions, this.ended, this.revoked, this.generations, this.oneTime]
    return all.reduce((sum, map) => sum + map.prune(now), 0)
  }

  private noteGeneration(subject: string, by: 0 | 1, keepUntil: number, now: number): number {
    const known = this.generations.get(subject, now) ?? { generation: FIRST_GENERATION_OF_ALL, keepUntil: 0 }
    const generation = known.generation + by
    this.generations.set(subject, { generation, keepUntil: Math.max(known.keepUntil, keepUntil) }, now)
    return generation
  }

  override async report(): Promise<StoreReport> {
    return IN_MEMORY_REPORT
  }

  private find(id: string, subject: string | undefined, now: number): SessionRecord | undefined {
    const session = this.sessions.get(id, now)
    return subject === undefined || session?.subject === subject ? session : undefined
  }

  private of(subject: string, now: number): SessionRecord[] {
    return [...(this.idsOfSubject.get(subject) ?? [])].flatMap((id) => this.sessions.get(id, now) ?? [])
  }

  private drop({ id, keepUntil }: SessionRecord, now: number): void {
    this.sessions.take(id, now)
    this.ended.set(id, { keepUntil }, now)
  }

  private forget({ id, subject }: SessionRecord): void {
    const ids = this.idsOfSubject.get(subject)
    ids?.delete(id)
    if (ids?.size === 0) this.idsOfSubject.delete(subject)
  }
}
