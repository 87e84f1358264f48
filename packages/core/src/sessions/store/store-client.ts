import { attempt } from '../../errors/attempt.js'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { OutageLog } from '../../errors/outage-log.js'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { Clock } from '../../time/clock.js'
import { within } from '../../time/within.js'
import type { SessionRecord } from '../session.js'
import { LookUpMemory } from './look-up-memory.js'
import type {
  KeepGenerationInput,
  ConsumeInput,
  EndAllInput,
  EndInput,
  ListInput,
  LookUpInput,
  LookUpResult,
  LookUpTokensInput,
  LookUpTokensResult,
  OpenInput,
  RotateInput,
  RotateResult,
  SessionStore,
  TokenInput,
} from './session-store.js'

/** The input of the store without the time, which the client adds. */
type Untimed<Input> = Omit<Input, 'now'>

/** One operation of the app, which may ask the store several times. */
export interface StoreOperation {
  /** Milliseconds that the store may still take. */
  left: number
  /** How far the store's own clock is ahead of `performance.now()`, in milliseconds, once it has answered its time. */
  ahead?: number
}

export interface StoreClientSettings {
  /** Milliseconds that the store may take for one operation. */
  readonly timeout: number
  /** Milliseconds for which `lookUp` answers are remembered; `undefined`: they are not. */
  readonly maxStaleness: number | undefined
  /** Called with what `watch` of the store, or the function that it returned, threw or rejected with. */
  readonly onWatchFailure: (error: unknown) => void
}

/**
 * Records may have changed: those of `subject`; if only `sessionId` is known, those of its subject; if neither is known,
 * those of any subject.
 */
export interface SessionChange {
  readonly subject: string | undefined
  readonly sessionId?: string | undefined
}

export type ChangeListener = (change: SessionChange) => void

/**
 * The session store as the rest of the library calls it. Adds the time of the `Clock`, waits no longer than the time-out,
 * and turns silence and failures into `store_unavailable`: an outage is a 503, never a guess. With `maxStaleness` it
 * remembers look-ups, and forgets those of a subject whose records have changed.
 */
export class StoreClient {
  private readonly outages = new OutageLog('The session store')
  private readonly memory: LookUpMemory | undefined
  /** Must not throw. The memory comes first: a listener that asks immediately gets a new answer. */
  private readonly listeners = new Set<ChangeListener>()
  private watched: SessionStore | undefined
  private endWatch: (() => void) | undefined
  private isClosing = false

  /** `store` is called at the first use, when the app has been built. */
  constructor(
    private readonly store: () => SessionStore,
    private readonly clock: Clock,
    private readonly settings: StoreClientSettings,
  ) {
    const { maxStaleness } = settings
    const memory = maxStaleness === undefined ? undefined : new LookUpMemory(maxStaleness)
    this.memory = memory
    if (memory !== undefined) this.listeners.add(({ subject }) => memory.forget(subject))
  }

  get isShared(): boolean {
    return this.store().isShared
  }

  /** Calls that get the same operation wait, all together, no longer than the time-out. */
  begin(): StoreOperation {
    return { left: this.settings.timeout }
  }

  open(input: Untimed<OpenInput>, operation = this.begin()): Promise<boolean> {
    return this.change(input.session, (store, now) => store.open({ ...input, now }), operation)
  }

  lookUp(input: Untimed<LookUpInput>, operation = this.begin()): Promise<LookUpResult> {
    return this.ask(async (store, now) => {
      const answer = await store.lookUp({ ...input, now })
      if (answer.time !== undefined) operation.ahead = answer.time - performance.now()
      return answer
    }, operation)
  }

  lookUpTokens(input: Untimed<LookUpTokensInput>): Promise<LookUpTokensResult> {
    return this.ask((store, now) => store.lookUpTokens({ ...input, now }))
  }

  /** The answer of an earlier `lookUpAndRemember`, if it is remembered. It may be out of date by `maxStaleness`. */
  remembered(input: Untimed<LookUpInput>): Promise<LookUpResult> | undefined {
    return this.memory?.find(input, this.clock.now())
  }

  lookUpAndRemember(input: Untimed<LookUpInput>): Promise<LookUpResult> {
    const now = this.clock.now()
    const answer = this.lookUp(input)
    return this.memory?.keep(input, now, answer) ?? answer
  }

  /** If `operation` has looked up the store's time, the store refuses a rotation that it starts after the time-out. */
  rotate(input: Omit<RotateInput, 'now' | 'deadline'>, operation: StoreOperation): Promise<RotateResult> {
    const { ahead, left } = operation
    const deadline = ahead === undefined ? undefined : performance.now() + ahead + left
    return this.change(input, (store, now) => store.rotate({ ...input, deadline, now }), operation)
  }

  end(input: Untimed<EndInput>, operation = this.begin()): Promise<boolean> {
    return this.change(input, (store, now) => store.end({ ...input, now }), operation)
  }

  endAll(input: Untimed<EndAllInput>): Promise<number> {
    return this.change(input, (store, now) => store.endAll({ ...input, now }))
  }

  list(input: Untimed<ListInput>): Promise<readonly SessionRecord[]> {
    return this.ask((store, now) => store.list({ ...input, now }))
  }

  keepGeneration(input: Untimed<KeepGenerationInput>, operation = this.begin()): Promise<number> {
    return this.ask((store, now) => store.keepGeneration({ ...input, now }), operation)
  }

  revokeToken(input: Untimed<TokenInput>): Promise<void> {
    return this.change(input, (store, now) => store.revokeToken({ ...input, now }))
  }

  addOneTimeToken(input: Untimed<TokenInput>): Promise<void> {
    return this.ask((store, now) => store.addOneTimeToken({ ...input, now }))
  }

  consumeOneTimeToken(input: Untimed<ConsumeInput>): Promise<boolean> {
    return this.ask((store, now) => store.consumeOneTimeToken({ ...input, now }))
  }

  /**
   * Calls `listener` when records have changed: in this process, and in others if the store has `watch`. Returns a function
   * that ends it.
   */
  onChange(listener: ChangeListener): () => void {
    this.listeners.add(listener)
    this.connected()
    return () => void this.listeners.delete(listener)
  }

  /** To be called when the app closes: no store is watched from now on. */
  stopWatching(): void {
    this.isClosing = true
    this.unwatch()
  }

  private unwatch(): void {
    attempt(() => this.endWatch?.(), this.settings.onWatchFailure)
    this.endWatch = undefined
  }

  /** Calls the listeners even if the outcome is unknown. The store's answer may arrive after the time-out. */
  private async change<T>(
    about: { readonly subject?: string | undefined; readonly sessionId?: string | undefined },
    work: (store: SessionStore, now: number) => Promise<T>,
    operation?: StoreOperation,
  ): Promise<T> {
    if (this.listeners.size === 0) return this.ask(work, operation)
    const { subject, sessionId } = about
    let isReported = false
    const report = (): void => {
      isReported = true
      this.report({ subject, sessionId })
    }
    try {
      return await this.ask((store, now) => work(store, now).finally(report), operation)
    } finally {
      if (!isReported) report()
    }
  }

  private report(change: SessionChange): void {
    for (const listener of this.listeners) listener(change)
  }

  private async ask<T>(
    work: (store: SessionStore, now: number) => Promise<T>,
    operation = this.begin(),
  ): Promise<T> {
    const { left } = operation
    const began = performance.now()
    try {
      const answer = await within(
        left,
        () => work(this.connected(), this.clock.now()),
        () => silentFor(left),
      )
      this.outages.ended()
      return answer
    } catch (cause) {
      if (cause instanceof JwtAuthError || cause instanceof JwtAuthUsageError) throw cause
      this.outages.began(cause)
      throw new JwtAuthError('store_unavailable', { reason: 'the session store failed or timed out', cause })
    } finally {
      operation.left = Math.max(1, operation.left - (performance.now() - began))
    }
  }

  private connected(): SessionStore {
    const store = this.store()
    if (!this.isClosing && this.listeners.size > 0 && this.watched !== store) {
      this.unwatch()
      this.watched = store
      this.endWatch = this.watch(store)
    }
    return store
  }

  /** A store that cannot be watched is used all the same: changes by other processes are then noticed later. */
  private watch(store: SessionStore): (() => void) | undefined {
    const forget = (subject: string | undefined) => this.report({ subject })
    const end = attempt(() => store.watch?.(forget), this.settings.onWatchFailure)
    return typeof end === 'function' ? end : undefined
  }
}

function silentFor(milliseconds: number): Error {
  return new Error(`The session store did not answer within ${Math.ceil(milliseconds)} ms.`)
}
