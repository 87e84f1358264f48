import type { KeyFinder } from '../../keys/key-ring.js'
import type { RingKey } from '../../keys/import-key.js'
import type { IssuerKeyPorts, IssuerKeys } from '../issuer-keys.js'
import { asFetchFailure, type FetchFailure } from './fetch-failure.js'
import type { FetchKeySet } from './fetch-key-set.js'
import { isOver } from './is-over.js'
import { KeySet, type WantedKey } from './key-set.js'
import { KeySetLog } from './key-set-log.js'
import type { KeyRules } from './published-key.js'
import { type ReadKeySet, readKeySet } from './read-key-set.js'
import { keysUnavailable, refusal, refusalForEver } from './refuse-key.js'
import { UnknownKids } from './unknown-kids.js'
import { withDeadline } from './with-deadline.js'

const SECOND = 1000
const HOUR = 3600 * SECOND
const DAY = 24 * HOUR

/** Between two fetches for tokens whose keys are missing, counted from the start of the first. */
const COOL_DOWN = 30 * SECOND
/** Between two fetches in the background while they fail: doubles each time. */
const BACK_OFF = { first: 30 * SECOND, longest: 300 * SECOND }

/**
 * The keys that an issuer publishes. One fetch at a time for all callers. While a set is known, it is refreshed in the
 * background before it gets old, and kept through an outage of up to 24 hours. A key that a later set lacks is gone.
 */
export class RemoteKeySet implements IssuerKeys {
  private set = new KeySet([])
  /** Times in milliseconds since the epoch. Before the first good fetch there is no set. */
  private expiresAt = -Infinity
  private attemptedAt = -Infinity
  private refreshAt = Infinity
  private failures = 0
  private attempt: Promise<void> | undefined
  private cancelRefresh: () => void = () => undefined
  private readonly closing = new AbortController()
  private readonly unknownKids = new UnknownKids()
  private readonly log: KeySetLog

  constructor(
    private readonly fetchKeySet: FetchKeySet,
    private readonly rules: KeyRules,
    private readonly ports: Required<IssuerKeyPorts>,
  ) {
    this.log = new KeySetLog(rules.issuers[0] ?? '', ports)
  }

  of(iss: string): Required<KeyFinder> {
    return {
      find: (kid, alg) => this.find({ kid, alg, iss }),
      fetchKey: (kid, alg) => this.fetchKey({ kid, alg, iss }),
    }
  }

  close(): void {
    this.closing.abort()
    this.cancelRefresh()
  }

  private find(wanted: WantedKey): RingKey | undefined {
    const now = this.ports.clock.now()
    const wasSetBack = now < this.attemptedAt - COOL_DOWN
    if (now >= this.refreshAt || wasSetBack) this.refresh()
    return now < this.expiresAt ? this.set.find(wanted, now) : undefined
  }

  private async fetchKey(wanted: WantedKey): Promise<RingKey> {
    const hopeless = refusalForEver(wanted, this.rules)
    if (hopeless !== undefined) throw hopeless
    if (this.knows(wanted)) throw refusal(this.set, wanted, this.rules)
    if (this.attempt !== undefined || this.mayFetchFor(wanted)) {
      await this.fetchOnce()
      const key = this.find(wanted)
      if (key !== undefined) return key
      if (this.isCurrent()) this.unknownKids.note(wanted.kid, this.attemptedAt)
    }
    if (this.isCurrent() || this.knows(wanted)) throw refusal(this.set, wanted, this.rules)
    throw keysUnavailable('the keys of the issuer cannot be fetched')
  }

  private mayFetchFor(wanted: WantedKey): boolean {
    const now = this.ports.clock.now()
    if (this.closing.signal.aborted || !isOver(COOL_DOWN, this.attemptedAt, now)) return false
    return !this.isCurrent() || this.unknownKids.mayAskFor(wanted.kid, now)
  }

  private knows(wanted: WantedKey): boolean {
    return this.hasSet() && this.set.knows(wanted)
  }

  private hasSet(): boolean {
    return this.ports.clock.now() < this.expiresAt
  }

  /** Whether the last fetch brought the set that is known. */
  private isCurrent(): boolean {
    return this.failures === 0 && this.hasSet()
  }

  private refresh(): void {
    if (this.closing.signal.aborted) return
    // Only a logger or a clock of the app can throw here, and nobody waits for it.
    this.fetchOnce().catch(() => undefined)
  }

  private fetchOnce(): Promise<void> {
    this.attempt ??= this.fetchAndRead().finally(() => {
      this.attempt = undefined
    })
    return this.attempt
  }

  private async fetchAndRead(): Promise<void> {
    this.noteAttempt(this.ports.clock.now())
    try {
      const { timeout } = this.ports
      const fetched = await withDeadline(timeout, this.closing.signal, this.fetchKeySet)
      this.accept(await readKeySet(fetched.document, this.rules, this.set), fetched.lifetime)
    } catch (error) {
      this.noteFailure(asFetchFailure(error))
    }
    if (this.closing.signal.aborted) return
    this.cancelRefresh = this.ports.clock.wakeAt(this.refreshAt, () => this.refresh())
  }

  private noteAttempt(now: number): void {
    // After a clock was set back, a set is not kept longer for that.
    if (now < this.attemptedAt) this.expiresAt -= this.attemptedAt - now
    this.attemptedAt = now
    this.cancelRefresh()
  }

  private accept({ set, problems }: ReadKeySet, lifetime: number): void {
    this.set = set
    this.failures = 0
    this.refreshAt = this.attemptedAt + lifetime
    // A set that is fresh for a day would otherwise be gone before its refresh can have failed.
    this.expiresAt = this.attemptedAt + Math.max(DAY, lifetime + HOUR)
    this.log.fetched(problems)
  }

  private noteFailure(failure: FetchFailure): void {
    this.failures++
    const pause = Math.min(BACK_OFF.first * 2 ** (this.failures - 1), BACK_OFF.longest)
    this.refreshAt = this.attemptedAt + pause
    if (!this.closing.signal.aborted) this.log.failed(failure, this.hasSet())
  }
}
