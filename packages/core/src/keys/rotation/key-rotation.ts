import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { Clock } from '../../time/clock.js'
import type { RingKey, SigningKey } from '../import-key.js'
import { plan, type PlannedKey, type RotationRules } from './key-plan.js'
import { infosAt, type KeyInfo, type KeySnapshot, NO_KEYS, snapshotAt, withoutKeys } from './key-snapshot.js'
import { KeyStoreProblem } from './key-store-problem.js'
import type { KeyVault, OpenedKeys, StoredKeys } from './key-vault.js'

/** The log of the rotation. Nest's `Logger` fits. */
export interface RotationLog {
  log(message: string): void
  error(message: string, stack?: string): void
}

export interface KeyRotationDependencies {
  readonly vault: KeyVault
  readonly rules: RotationRules
  readonly clock: Clock
  readonly log: RotationLog
  /** Called when another key has begun to sign. */
  readonly onRotated: () => void
  /** Called with the keys that verify nothing any more, because they have ended or were revoked. Must not throw. */
  readonly onKeysRemoved: (kids: ReadonlySet<string>) => void
}

/** Returns the keys as they should be after a change. Is called again with newer keys if another instance was faster. */
export type KeyChange = (keys: readonly PlannedKey[], now: number) => readonly PlannedKey[]

/** Milliseconds between two reads of the store. Each instance adds up to `JITTER`, so that they do not all read at the same time. */
const INTERVAL = 18_000
const JITTER = 6000
/** Milliseconds between two reads while the store fails. */
const RETRY = 5000
/** Older keys are read again before they are used, because timers do not run in a process that is suspended or busy. */
const MAX_AGE = 30_000
/** Milliseconds between two reads for an unknown `kid`, counted from the start of the first. */
const COOL_DOWN = 1000
/**
 * Milliseconds between two times that stored keys are encrypted again under the first secret. While instances with
 * different first secrets run, each of them would otherwise undo the work of the others at every read.
 */
const REWRAP_INTERVAL = 3_600_000
/** An attempt is lost if another instance writes first. It has then usually made the planned change already. */
const ATTEMPTS = 20

/**
 * Keeps the keys in this process equal to those in the store, and changes those in the store as planned: announces keys,
 * removes keys, encrypts keys again. While the store cannot be read, it continues with the keys that it has read last, and
 * throws `keys_unavailable` if they are not sufficient.
 */
export class KeyRotation {
  private snapshot: KeySnapshot = NO_KEYS
  private opened: OpenedKeys | undefined
  /** When the last read of the store began, and when the last completed one began: milliseconds of the `Clock`. */
  private beganAt = -Infinity
  private completedBeganAt = -Infinity
  /** Why the last completed read failed; `undefined` if it succeeded. */
  private failure: unknown
  /** Keys of `opened` that are no longer in the store, while the keys in the store cannot all be decrypted. */
  private missing: ReadonlySet<string> = new Set()
  private synchronizing: Promise<void> | undefined
  private queue: Promise<unknown> = Promise.resolve()
  private rewrapAt = -Infinity
  private cancelNextRead = (): void => undefined
  private cancelNextChange = (): void => undefined
  private isStopped = false

  constructor(private readonly dependencies: KeyRotationDependencies) {}

  get current(): KeySnapshot {
    return this.snapshot
  }

  get rules(): RotationRules {
    return this.dependencies.rules
  }

  /** Reads the keys, or makes the first one, and reads the store regularly from now on. Rejects if that is not possible. */
  async start(): Promise<void> {
    await this.synchronize()
    if (this.failure === undefined) return
    this.stop()
    throw this.failure
  }

  /** Ends all timers and reads, so that the app can close what the store needs. */
  stop(): void {
    this.isStopped = true
    this.cancelNextRead()
    this.cancelNextChange()
  }

  /** Reads the keys again if they may be outdated. `undefined` if they are not. Never rejects. */
  refreshIfStale(): Promise<void> | undefined {
    if (this.isStopped) return undefined
    const age = this.dependencies.clock.now() - this.completedBeganAt
    return age >= 0 && age < MAX_AGE ? undefined : this.synchronize()
  }

  signingKey(): SigningKey {
    const now = this.dependencies.clock.now()
    if (now >= this.snapshot.nextChange) this.updateSnapshot()
    const { signer, signsUntil } = this.snapshot
    if (signer !== undefined && now < signsUntil) return signer
    throw unavailable('no key may sign, because the key store cannot be read or written', this.failure)
  }

  /** Finds a `kid` that is not known here, because another instance may just have made the key. */
  async fetch(kid: string): Promise<RingKey | undefined> {
    const age = this.dependencies.clock.now() - this.beganAt
    if (!this.isStopped && (this.synchronizing !== undefined || age < 0 || age >= COOL_DOWN))
      await this.synchronize()
    const key = this.snapshot.byKid.get(kid)
    if (key === undefined && this.failure !== undefined) {
      throw unavailable('kid names no key, and the key store cannot be read', this.failure)
    }
    return key
  }

  /** All keys, as the store has them now. */
  async list(): Promise<KeyInfo[]> {
    const { records } = await this.reportingFailure(() => this.dependencies.vault.read())
    return infosAt(records, this.dependencies.rules, this.dependencies.clock.now())
  }

  /**
   * Makes a change exactly once, even if other instances change the keys at the same time. Returns the keys after it.
   * `needsAll`: rejects, and changes nothing, if a key cannot be decrypted.
   */
  async change(change: KeyChange, { needsAll }: { readonly needsAll: boolean }): Promise<KeyInfo[]> {
    const { rules, clock } = this.dependencies
    const { records } = await this.reportingFailure(() =>
      this.inTurn(async () => {
        const stored = await this.updateStore(change, needsAll)
        if (stored === undefined) throw unavailable('the app is closed', undefined)
        if (needsAll) await this.openAndAdopt(stored)
        else await this.openAndAdopt(stored).catch(() => undefined)
        return stored
      }),
    )
    return infosAt(records, rules, clock.now())
  }

  private synchronize(): Promise<void> {
    this.synchronizing ??= this.inTurn(() => this.synchronizeOnce()).finally(() => {
      this.synchronizing = undefined
    })
    return this.synchronizing
  }

  private async synchronizeOnce(): Promise<void> {
    const { clock, log } = this.dependencies
    this.beganAt = clock.now()
    try {
      const stored = await this.updateStore((keys) => keys, true)
      if (stored !== undefined) await this.openAndAdopt(stored)
      if (this.failure !== undefined) log.log('The key store is available again.')
      this.failure = undefined
    } catch (error) {
      if (this.failure === undefined && !this.isStopped) log.error(describe(error), stackOf(error))
      this.failure = error
    }
    this.completedBeganAt = this.beganAt
    this.scheduleNextRead()
  }

  /** Writes the planned keys to the store. Returns what it holds afterwards; `undefined`, and writes nothing, after `stop`. */
  private async updateStore(change: KeyChange, needsAll: boolean): Promise<StoredKeys | undefined> {
    const { vault, rules, clock } = this.dependencies
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const stored = await vault.read()
      // Before the write, so that the keys that were read are used even if nothing can be written.
      if (needsAll) await this.openAndAdopt(stored)
      if (this.isStopped) return undefined
      const now = clock.now()
      const changed = change(stored.records, now)
      // Without all keys only the change itself is made: encrypting a key again needs the key.
      const planned = needsAll ? plan(changed, rules, now) : changed
      const rewrap = needsAll && now >= this.rewrapAt
      const written = await vault.write(stored, planned, { rewrap, now })
      if (written === undefined) continue
      if (rewrap) this.rewrapAt = now + REWRAP_INTERVAL
      return written
    }
    throw new Error(`Other instances changed the keys during each of ${ATTEMPTS} attempts.`)
  }

  private async openAndAdopt(stored: StoredKeys): Promise<void> {
    try {
      this.adopt(await this.dependencies.vault.open(stored))
    } catch (error) {
      // Keys that are no longer in the store must not be used, even if the others cannot be decrypted.
      const kids = new Set(stored.records.map(({ kid }) => kid))
      this.missing = new Set(this.opened?.records.map(({ kid }) => kid).filter((kid) => !kids.has(kid)))
      this.updateSnapshot()
      if (this.missing.size > 0) this.dependencies.onKeysRemoved(this.missing)
      throw error
    }
  }

  private adopt(opened: OpenedKeys): void {
    const before = this.opened
    if (before === opened && this.missing.size === 0) return
    this.opened = opened
    this.missing = new Set()
    this.warnIfOlder(before, opened)
    this.updateSnapshot()
    const gone = new Set(before?.records.map(({ kid }) => kid).filter((kid) => !this.snapshot.byKid.has(kid)))
    if (gone.size > 0) this.dependencies.onKeysRemoved(gone)
  }

  private updateSnapshot(): void {
    if (this.opened === undefined || this.isStopped) return
    const { rules, clock, log } = this.dependencies
    const before = this.snapshot.signer
    this.snapshot = withoutKeys(snapshotAt(this.opened, rules, clock.now()), this.missing)
    const { signer, nextChange } = this.snapshot
    this.cancelNextChange()
    this.cancelNextChange =
      nextChange < Infinity ? clock.wakeAt(nextChange, () => this.updateSnapshot()) : () => undefined
    if (before === undefined || signer === undefined || signer === before) return
    log.log(`The key ${signer.kid} signs from now on, instead of ${before.kid}.`)
    this.dependencies.onRotated()
  }

  private scheduleNextRead(): void {
    this.cancelNextRead()
    if (this.isStopped) return
    const { clock } = this.dependencies
    const wait = this.failure === undefined ? INTERVAL + Math.random() * JITTER : RETRY
    this.cancelNextRead = clock.wakeAt(clock.now() + wait, () => void this.synchronize())
  }

  private warnIfOlder(before: OpenedKeys | undefined, now: OpenedKeys): void {
    const { version = 0 } = now
    if (before?.version === undefined || version > before.version) return
    // An older state that was restored and then changed can have the same version, but has other keys.
    if (version === before.version && isSame(before.keys, now.keys)) return
    this.dependencies.log.error(
      'The key store has an older state than before, or was emptied. Tokens of missing keys are invalid now, and keys ' +
        'that were revoked since may be valid again. Check the keys with list() of KeyService.',
    )
  }

  private async reportingFailure<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      if (cause instanceof JwtAuthError || cause instanceof JwtAuthUsageError) throw cause
      if (this.failure === undefined) this.dependencies.log.error(describe(cause), stackOf(cause))
      throw unavailable('the key store failed', cause)
    }
  }

  /** Runs one piece of work after the other, so that this process does not compete with itself. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(work)
    this.queue = turn.catch(() => undefined)
    return turn
  }
}

function isSame(one: OpenedKeys['keys'], other: OpenedKeys['keys']): boolean {
  return one.size === other.size && [...one.keys()].every((kid) => other.has(kid))
}

function unavailable(reason: string, cause: unknown): JwtAuthError<'keys_unavailable'> {
  return new JwtAuthError('keys_unavailable', { reason, cause })
}

function describe(error: unknown): string {
  return error instanceof KeyStoreProblem ? error.message : 'The key store is unavailable.'
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error && !(error instanceof KeyStoreProblem) ? error.stack : undefined
}
