import { attempt } from '../errors/attempt.js'
import type { VerifiedToken } from '../token/token-verifier.js'
import { OpenTokenChecks, type OpenTokenChecksDependencies } from './open-token-checks.js'

/** Why a connection is ended: the code of the refusal that its token would meet now. */
export type EndCode = 'token_expired' | 'token_revoked'

/** A connection or stream that `OpenConnections` watches. */
export interface OpenConnection {
  /** From now on the connection depends on this token, which the caller has checked. Ignored once it has ended. */
  renew(token: VerifiedToken): void
  /** Call it when the connection has ended by itself. Calling it again does nothing. */
  remove(): void
}

export interface OpenConnectionsDependencies extends OpenTokenChecksDependencies {
  /** Milliseconds for which a token is still accepted after its `exp`. */
  readonly clockTolerance: number
  /** Called with what an `end` function threw, and with a failure of a check. */
  readonly onFailure: (error: unknown) => void
}

interface Connection {
  token: VerifiedToken
  readonly end: (code: EndCode) => unknown
}

interface ConnectedSubject {
  readonly connections: Set<Connection>
  /** When its tokens are checked next. */
  nextCheck: number
}

/**
 * Ends connections and streams whose token has expired or is revoked, for transports that the library does not know:
 * inject it and give it what `TokenService.verify` returned. Ends them at `exp` (plus `clockTolerance`), even while the
 * session store is unavailable; immediately at a revocation in this process or one that `SessionStore.watch` tells of;
 * else within 30 seconds. A key that is gone counts as a revocation. No connection has a timer, and the store is asked
 * once for each subject in that time. Keeps no process alive, and starts nothing before the first `add`.
 */
export class OpenConnections {
  private readonly subjects = new Map<string, ConnectedSubject>()
  private readonly checks: OpenTokenChecks
  private alarm: { readonly time: number; readonly cancel: () => void } | undefined
  private isReleased = false

  constructor(private readonly dependencies: OpenConnectionsDependencies) {
    this.checks = new OpenTokenChecks(dependencies, {
      subjects: () => this.subjects.keys(),
      tokensOf: (subject) => this.connectionsOf(subject).map(({ token }) => token),
      onRevoked: (token) => this.endAllWith(token),
    })
  }

  /**
   * Watches a connection until it is removed or ended. Calls `end` at most once, never inside `add`; it must close the
   * connection. Throws nothing.
   */
  add(token: VerifiedToken, end: (code: EndCode) => unknown): OpenConnection {
    this.checks.start()
    const connection: Connection = { token, end }
    this.watch(connection)
    return {
      renew: (later) => {
        if (!this.unwatch(connection)) return
        connection.token = later
        this.watch(connection)
      },
      remove: () => void this.unwatch(connection),
    }
  }

  /** Keys have gone: ends the connections whose tokens they signed. */
  endWithoutKey(): void {
    for (const subject of this.subjects.keys()) this.checks.checkKeys(subject)
  }

  /** When the app begins to close, because the app may close what its store needs. Connections still end at `exp`. */
  stopChecking(): void {
    this.checks.stop()
  }

  /** When the app has closed: forgets all connections without ending them, and watches no new ones. */
  release(): void {
    this.checks.stop()
    this.isReleased = true
    this.subjects.clear()
    this.sleep()
  }

  private watch(connection: Connection): void {
    if (this.isReleased) return
    const { token } = connection
    const { sub } = token.claims
    const nextCheck = this.checks.nextTime(sub)
    const subject = this.subjects.get(sub) ?? { connections: new Set(), nextCheck }
    this.subjects.set(sub, subject)
    subject.connections.add(connection)
    this.checks.checkIfChanged(token)
    this.wakeBy(Math.min(this.endOf(token), nextCheck))
  }

  /** Whether it was still watched. */
  private unwatch(connection: Connection): boolean {
    const { sub } = connection.token.claims
    const subject = this.subjects.get(sub)
    if (subject === undefined || !subject.connections.delete(connection)) return false
    if (subject.connections.size === 0) this.subjects.delete(sub)
    if (this.subjects.size === 0) this.sleep()
    return true
  }

  private connectionsOf(subject: string): Connection[] {
    return [...(this.subjects.get(subject)?.connections ?? [])]
  }

  private wakeBy(time: number): void {
    if (this.alarm !== undefined && this.alarm.time <= time) return
    this.sleep()
    this.alarm = { time, cancel: this.dependencies.clock.wakeAt(time, () => this.wake()) }
  }

  private sleep(): void {
    this.alarm?.cancel()
    this.alarm = undefined
  }

  /** All is due at whole seconds, so it runs once a second at most, and it needs no order among the connections. */
  private wake(): void {
    this.alarm = undefined
    const now = this.dependencies.clock.now()
    let next = Infinity
    for (const [name, subject] of this.subjects) {
      for (const connection of subject.connections) {
        const end = this.endOf(connection.token)
        if (end <= now) this.end(connection, 'token_expired')
        else next = Math.min(next, end)
      }
      if (this.checks.isDue(subject.nextCheck, now)) {
        subject.nextCheck = this.checks.nextTime(name)
        this.checks.check(name)
      }
      next = Math.min(next, subject.nextCheck)
    }
    if (this.subjects.size > 0) this.wakeBy(next)
  }

  private endAllWith(token: VerifiedToken): void {
    for (const connection of this.connectionsOf(token.claims.sub)) {
      if (connection.token === token) this.end(connection, 'token_revoked')
    }
  }

  private end(connection: Connection, code: EndCode): void {
    if (!this.unwatch(connection)) return
    attempt(() => connection.end(code), this.dependencies.onFailure)
  }

  private endOf({ claims: { exp } }: VerifiedToken): number {
    return exp === undefined ? Infinity : exp * 1000 + this.dependencies.clockTolerance
  }
}
