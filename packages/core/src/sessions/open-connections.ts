import { JwtAuthError } from '../errors/jwt-auth.error.js'
import type { Clock } from '../time/clock.js'
import type { VerifiedToken } from '../token/token-verifier.js'
import { FewAtATime } from './few-at-a-time.js'
import { RecentChanges } from './recent-changes.js'
import type { SessionCheck } from './session-check.js'
import type { SessionChange } from './store/store-client.js'

/** Why a connection is ended: the code of the refusal that its token would meet now. */
export type EndCode = 'token_expired' | 'token_revoked'

/** A connection or stream that `OpenConnections` watches. */
export interface OpenConnection {
  /** From now on the connection depends on this token, which the caller has checked. Ignored once it has ended. */
  renew(token: VerifiedToken): void
  /** Call it when the connection has ended by itself. Calling it again does nothing. */
  remove(): void
}

export interface OpenConnectionsParts {
  readonly clock: Clock
  /** Milliseconds for which a token is still accepted after its `exp`. */
  readonly clockTolerance: number
  /** `undefined` in an app without sessions: nothing is ever revoked there. */
  readonly sessions: Pick<SessionCheck, 'isEnded'> | undefined
  /** Calls the listener when the records of a subject have changed. Returns a function that ends that. */
  readonly onChange: (listener: (change: SessionChange) => void) => () => void
  /** Called with what an `end` function threw. */
  readonly onFailure: (error: unknown) => void
}

/** Milliseconds between two looks at a subject's sessions. */
const INTERVAL = 30_000
/** The store is asked about so many subjects at the same time. */
const MAX_LOOKS = 20

interface Watched {
  token: VerifiedToken
  readonly end: (code: EndCode) => unknown
}

interface WatchedSubject {
  readonly connections: Set<Watched>
  nextLook: number
}

/**
 * Ends connections and streams whose token has expired or is revoked, for transports that the library does not know:
 * inject it and give it what `TokenService.verify` returned. Ends them at `exp` (plus `clockTolerance`), even while the
 * session store is unavailable; immediately at a revocation in this process or one that `SessionStore.watch` tells of;
 * else within 30 seconds. No connection has a timer, and the store is asked once for each token in that time. Keeps no
 * process alive, and starts nothing before the first `add`.
 */
export class OpenConnections {
  private readonly subjects = new Map<string, WatchedSubject>()
  private readonly looks = new FewAtATime(MAX_LOOKS, (subject) => this.look(subject))
  private readonly recent = new RecentChanges()
  private alarm: { readonly time: number; readonly cancel: () => void } | undefined
  private stopListening: (() => void) | undefined
  private isLooking: boolean
  private isReleased = false

  constructor(private readonly parts: OpenConnectionsParts) {
    this.isLooking = parts.sessions !== undefined
  }

  /**
   * Watches a connection until it is removed or ended. Calls `end` at most once, never inside `add`; it must close the
   * connection. Throws nothing.
   */
  add(token: VerifiedToken, end: (code: EndCode) => unknown): OpenConnection {
    if (this.isLooking) this.stopListening ??= this.parts.onChange((change) => this.onChange(change))
    const connection: Watched = { token, end }
    this.put(connection)
    return {
      renew: (later) => {
        if (!this.take(connection)) return
        connection.token = later
        this.put(connection)
      },
      remove: () => void this.take(connection),
    }
  }

  /** When the app begins to close, because the app may close what its store needs. Connections still end at `exp`. */
  stopLooking(): void {
    this.isLooking = false
    this.looks.clear()
    this.stopListening?.()
    this.stopListening = undefined
  }

  /** When the app has closed: forgets all connections without ending them, and watches no new ones. */
  release(): void {
    this.stopLooking()
    this.isReleased = true
    this.subjects.clear()
    this.sleep()
  }

  private put(connection: Watched): void {
    if (this.isReleased) return
    const { token } = connection
    const { sub, sid } = token.claims
    const subject = this.subjects.get(sub) ?? { connections: new Set(), nextLook: this.nextLookAt(sub) }
    this.subjects.set(sub, subject)
    subject.connections.add(connection)
    // Between the check of the token and this call the session may have been ended.
    if (this.isLooking && this.recent.concerns(sub, sid, this.now)) this.looks.request(sub)
    this.wakeBy(Math.min(this.endOf(token), subject.nextLook))
  }

  /** Whether it was still watched. */
  private take(connection: Watched): boolean {
    const { sub } = connection.token.claims
    const subject = this.subjects.get(sub)
    if (subject === undefined || !subject.connections.delete(connection)) return false
    if (subject.connections.size === 0) this.subjects.delete(sub)
    if (this.subjects.size === 0) this.sleep()
    return true
  }

  private wakeBy(time: number): void {
    if (this.alarm !== undefined && this.alarm.time <= time) return
    this.sleep()
    if (time < Infinity) this.alarm = { time, cancel: this.parts.clock.wakeAt(time, () => this.wake()) }
  }

  private sleep(): void {
    this.alarm?.cancel()
    this.alarm = undefined
  }

  /** All is due at whole seconds, so it runs once a second at most, and it needs no order among the connections. */
  private wake(): void {
    this.alarm = undefined
    const { now } = this
    let next = Infinity
    for (const [name, subject] of this.subjects) {
      for (const connection of subject.connections) {
        const end = this.endOf(connection.token)
        if (end <= now) this.end(connection, 'token_expired')
        else next = Math.min(next, end)
      }
      if (subject.nextLook <= now) {
        subject.nextLook = this.nextLookAt(name)
        if (this.isLooking && subject.connections.size > 0) this.looks.request(name)
      }
      next = Math.min(next, subject.nextLook)
    }
    if (this.subjects.size > 0) this.wakeBy(next)
  }

  private onChange(change: SessionChange): void {
    const { subject, sessionId } = change
    this.recent.add(change, this.now)
    if (subject !== undefined) {
      if (this.subjects.has(subject)) this.looks.request(subject)
      return
    }
    for (const [name, { connections }] of this.subjects) {
      const isMeant = ({ token }: Watched) => sessionId === undefined || token.claims.sid === sessionId
      if ([...connections].some(isMeant)) this.looks.request(name)
    }
  }

  /** Connections with the same token share a question. */
  private async look(name: string): Promise<void> {
    const asked = new Map<string, VerifiedToken>()
    for (const { token } of this.subjects.get(name)?.connections ?? []) asked.set(keyOf(token), token)
    await Promise.all(
      [...asked].map(async ([key, token]) => {
        if (!(await this.isEnded(token))) return
        for (const connection of this.subjects.get(name)?.connections ?? []) {
          if (keyOf(connection.token) === key) this.end(connection, 'token_revoked')
        }
      }),
    )
  }

  /** While the store is unavailable, which it logs by itself, nothing is known to be revoked. */
  private async isEnded(token: VerifiedToken): Promise<boolean> {
    try {
      return (await this.parts.sessions?.isEnded(token)) ?? false
    } catch (error) {
      if (!(error instanceof JwtAuthError)) this.parts.onFailure(error)
      return false
    }
  }

  private end(connection: Watched, code: EndCode): void {
    if (!this.take(connection)) return
    const { onFailure } = this.parts
    try {
      // An async function may be given too.
      Promise.resolve(connection.end(code)).catch(onFailure)
    } catch (error) {
      onFailure(error)
    }
  }

  private endOf({ claims: { exp } }: VerifiedToken): number {
    return exp === undefined ? Infinity : exp * 1000 + this.parts.clockTolerance
  }

  /** Each subject has its own second of the interval, so that the store is not asked about all of them at one instant. */
  private nextLookAt(subject: string): number {
    if (!this.isLooking) return Infinity
    const { now } = this
    const at = now - (now % INTERVAL) + secondOf(subject) * 1000
    return at > now ? at : at + INTERVAL
  }

  private get now(): number {
    return this.parts.clock.now()
  }
}

function keyOf({ claims: { sid = '', jti = '' } }: VerifiedToken): string {
  return `${sid} ${jti}`
}

function secondOf(subject: string): number {
  let hash = 0
  for (let at = 0; at < subject.length; at++) hash = (hash * 31 + subject.charCodeAt(at)) % 1_000_003
  return hash % (INTERVAL / 1000)
}
