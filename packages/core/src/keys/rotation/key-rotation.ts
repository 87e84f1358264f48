import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { Clock } from '../../time/clock.js'
import type { RingKey, SigningKey } from '../import-key.js'
import { plan, type PlannedKey, type RotationRules } from './key-plan.js'
import { infosAt, type KeyInfo, type KeySnapshot, NO_KEYS, snapshotAt, withoutKeys } from './key-snapshot.js'
import { KeyStoreProblem } from './key-store-problem.js'
import type { KeyVault, OpenedKeys, StoredKeys } from './key-vault.js'

/** Where it writes; Nest's `Logger` is one. */
export interface RotationLog {
  log(message: string): void
  error(message: string, stack?: string): void
}

export interface KeyRotationParts {
  readonly vault: KeyVault
  readonly rules: RotationRules
  readonly clock: Clock
  readonly log: RotationLog
  /** Another key signs now. */
  readonly onRotated: () => void
  /** These keys verify nothing any more: they have ended, or were revoked. Must not throw. */
  readonly onGone: (kids: ReadonlySet<string>) => void
}

/** A change that somebody asks for, as the keys that there should be. May be called again, with newer keys. */
export type KeyChange = (keys: readonly PlannedKey[], now: number) => readonly PlannedKey[]

/** Milliseconds between two looks at the store; every instance adds up to `JITTER`, so that they do not ask together. */
const INTERVAL = 18_000
const JITTER = 6000
/** While the store cannot be read. */
const RETRY = 5000
/** What is older is read again before it is used: timers do not run in a process that is suspended or busy. */
const MAX_AGE = 30_000
/** Between two looks for an unknown `kid`, counted from the attempt. */
const COOL_DOWN = 1000
/**
 * While instances with different first secrets run, each encrypts under its own: at boot, with any other change, and
 * else only so often.
 */
const REWRAP_INTERVAL = 3_600_000
/** Each lost attempt means that another instance has written what was due. */
const ATTEMPTS = 20

/**
 * Keeps the keys of this process like those in the store, and those in the store as planned: announces, retires, encrypts
 * again. While the store cannot be read, it goes on with what it knows. Throws `keys_unavailable` where that is not enough.
 */
export class KeyRotation {
  private snapshot: KeySnapshot = NO_KEYS
  private opened: OpenedKeys | undefined
  /** By the Clock: when the last look at the store began, and when the last one that is over. */
  private lookedAt = -Infinity
  private knownAt = -Infinity
  /** Why that one failed, if it did. */
  private failure: unknown
  /** Keys of `opened` that the store has no longer, while what it has cannot be used. */
  private missing: ReadonlySet<string> = new Set()
  private looking: Promise<void> | undefined
  private queue: Promise<unknown> = Promise.resolve()
  private rewrapAt = -Infinity
  private cancelLook = (): void => undefined
  private cancelChange = (): void => undefined
  private isOver = false

  constructor(private readonly parts: KeyRotationParts) {}

  get now(): KeySnapshot {
    return this.snapshot
  }

  /** Reads or makes the keys, and looks at the store regularly from now on. Rejects if that is not possible. */
  async start(): Promise<void> {
    await this.look()
    if (this.failure === undefined) return
    this.stop()
    throw this.failure
  }

  /** Nothing happens any more: the app may close what the store needs. */
  stop(): void {
    this.isOver = true
    this.cancelLook()
    this.cancelChange()
  }

  /** `undefined`: the keys are as new as they can be. Else they are read first. Never rejects. */
  pending(): Promise<void> | undefined {
    if (this.isOver) return undefined
    const age = this.parts.clock.now() - this.knownAt
    return age >= 0 && age < MAX_AGE ? undefined : this.look()
  }

  signingKey(): SigningKey {
    const now = this.parts.clock.now()
    if (now >= this.snapshot.nextChange) this.show()
    const { signer, signsUntil } = this.snapshot
    if (signer !== undefined && now < signsUntil) return signer
    throw unavailable('no key may sign, because the key store cannot be read or written', this.failure)
  }

  /** For a `kid` that is not known here: another instance may have made the key just now. */
  async fetch(kid: string): Promise<RingKey | undefined> {
    const age = this.parts.clock.now() - this.lookedAt
    if (!this.isOver && (this.looking !== undefined || age < 0 || age >= COOL_DOWN)) await this.look()
    const key = this.snapshot.byKid.get(kid)
    if (key === undefined && this.failure !== undefined) {
      throw unavailable('kid names no key, and the key store cannot be read', this.failure)
    }
    return key
  }

  /** All keys, as the store has them now. */
  async list(): Promise<KeyInfo[]> {
    const { records } = await this.asked(() => this.parts.vault.read())
    return infosAt(records, this.parts.rules, this.parts.clock.now())
  }

  /**
   * Makes a change, once, whatever other instances do at the same time; returns the keys after it. `needsAll`: only if
   * every key can be decrypted.
   */
  async change(change: KeyChange, { needsAll }: { readonly needsAll: boolean }): Promise<KeyInfo[]> {
    const { rules, clock } = this.parts
    const { records } = await this.asked(() =>
      this.inTurn(async () => {
        const stored = await this.settle(change, needsAll)
        if (needsAll) await this.use(stored)
        else await this.use(stored).catch(() => undefined)
        return stored
      }),
    )
    return infosAt(records, rules, clock.now())
  }

  private look(): Promise<void> {
    this.looking ??= this.inTurn(() => this.lookOnce()).finally(() => {
      this.looking = undefined
    })
    return this.looking
  }

  private async lookOnce(): Promise<void> {
    const { clock, log } = this.parts
    this.lookedAt = clock.now()
    try {
      await this.use(await this.settle((keys) => keys, true))
      if (this.failure !== undefined) log.log('The key store is available again.')
      this.failure = undefined
    } catch (error) {
      if (this.failure === undefined && !this.isOver) log.error(describe(error), stackOf(error))
      this.failure = error
    }
    this.knownAt = this.lookedAt
    this.lookAgain()
  }

  /** Brings the store to what is planned. Returns what it has then. */
  private async settle(change: KeyChange, needsAll: boolean): Promise<StoredKeys> {
    const { vault, rules, clock } = this.parts
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const stored = await vault.read()
      // What is known already is used, even if nothing can be written.
      if (needsAll) await this.use(stored)
      if (this.isOver) return stored
      const now = clock.now()
      const planned = plan(change(stored.records, now), rules, now)
      const written = await vault.write(stored, planned, { rewrap: now >= this.rewrapAt, now })
      if (written === undefined) continue
      this.rewrapAt = now + REWRAP_INTERVAL
      return written
    }
    throw new Error(`Other instances have changed the keys ${ATTEMPTS} times meanwhile.`)
  }

  private async use(stored: StoredKeys): Promise<void> {
    try {
      this.adopt(await this.parts.vault.open(stored))
    } catch (error) {
      // Not all of them can be used, but none that is gone may be.
      const kids = new Set(stored.records.map(({ kid }) => kid))
      this.missing = new Set(this.opened?.records.map(({ kid }) => kid).filter((kid) => !kids.has(kid)))
      this.show()
      if (this.missing.size > 0) this.parts.onGone(this.missing)
      throw error
    }
  }

  private adopt(opened: OpenedKeys): void {
    const before = this.opened
    if (before === opened && this.missing.size === 0) return
    this.opened = opened
    this.missing = new Set()
    this.warnOfLoss(before, opened)
    this.show()
    const gone = new Set(before?.records.map(({ kid }) => kid).filter((kid) => !this.snapshot.byKid.has(kid)))
    if (gone.size > 0) this.parts.onGone(gone)
  }

  private show(): void {
    if (this.opened === undefined || this.isOver) return
    const { rules, clock, log } = this.parts
    const before = this.snapshot.signer
    this.snapshot = withoutKeys(snapshotAt(this.opened, rules, clock.now()), this.missing)
    const { signer, nextChange } = this.snapshot
    this.cancelChange()
    this.cancelChange = nextChange < Infinity ? clock.wakeAt(nextChange, () => this.show()) : () => undefined
    if (before === undefined || signer === undefined || signer === before) return
    log.log(`The key ${signer.kid} signs from now on, instead of ${before.kid}.`)
    this.parts.onRotated()
  }

  private lookAgain(): void {
    this.cancelLook()
    if (this.isOver) return
    const { clock } = this.parts
    const wait = this.failure === undefined ? INTERVAL + Math.random() * JITTER : RETRY
    this.cancelLook = clock.wakeAt(clock.now() + wait, () => void this.look())
  }

  private warnOfLoss(before: OpenedKeys | undefined, now: OpenedKeys): void {
    const { version = 0 } = now
    if (before?.version === undefined || version > before.version) return
    // An older state that was restored and then changed can have the same version, but has other keys.
    if (version === before.version && isSame(before.keys, now.keys)) return
    this.parts.log.error(
      'The key store has an older state than before, or was emptied: tokens of missing keys are invalid now, and keys ' +
        'that were revoked since may be back. Check list() of KeyService.',
    )
  }

  private async asked<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      if (cause instanceof JwtAuthError || cause instanceof JwtAuthUsageError) throw cause
      if (this.failure === undefined) this.parts.log.error(describe(cause), stackOf(cause))
      throw unavailable('the key store failed', cause)
    }
  }

  /** One after the other, so that this process does not compete with itself. */
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
