import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { Clock } from '../../time/clock.js'
import type { SessionRecord } from '../session.js'
import { LookUpMemory } from './look-up-memory.js'
import { OutageLog } from './outage-log.js'
import type {
  KeepGenerationInput,
  ConsumeInput,
  EndAllInput,
  EndInput,
  ListInput,
  LookUpInput,
  LookUpResult,
  OpenInput,
  RotateInput,
  RotateResult,
  SessionStore,
  TokenInput,
} from './session-store.js'

/** What callers give: the client adds the time. */
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
}

/**
 * The session store as the rest of the library calls it. Adds the time of the `Clock`, waits no longer than the time-out,
 * and turns silence and failures into `store_unavailable`: an outage is a 503, never a guess. With `maxStaleness` it
 * remembers look-ups, and forgets those of a subject whose records have changed.
 */
export class StoreClient {
  private readonly outages = new OutageLog()
  private readonly memory: LookUpMemory | undefined
  private watched: SessionStore | undefined

  /** `store` is called at the first use, when the app has been built. */
  constructor(
    private readonly store: () => SessionStore,
    private readonly clock: Clock,
    private readonly settings: StoreClientSettings,
  ) {
    const { maxStaleness } = settings
    this.memory = maxStaleness === undefined ? undefined : new LookUpMemory(maxStaleness)
  }

  get isShared(): boolean {
    return this.store().isShared
  }

  /** Several calls that get the same operation wait no longer than the time-out, all together. */
  begin(): StoreOperation {
    return { left: this.settings.timeout }
  }

  open(input: Untimed<OpenInput>): Promise<void> {
    return this.change(input.session.subject, (store, now) => store.open({ ...input, now }))
  }

  lookUp(input: Untimed<LookUpInput>, operation = this.begin()): Promise<LookUpResult> {
    return this.ask(async (store, now) => {
      const answer = await store.lookUp({ ...input, now })
      if (answer.time !== undefined) operation.ahead = answer.time - performance.now()
      return answer
    }, operation)
  }

  /** What is remembered of an earlier `lookUpAndRemember`. It may be out of date by `maxStaleness`. */
  remembered(input: Untimed<LookUpInput>): Promise<LookUpResult> | undefined {
    return this.memory?.find(input, this.clock.now())
  }

  lookUpAndRemember(input: Untimed<LookUpInput>): Promise<LookUpResult> {
    const now = this.clock.now()
    const answer = this.lookUp(input)
    return this.memory?.keep(input, now, answer) ?? answer
  }

  /** A rotation that the store comes to after the time-out is left undone, where `operation` has looked up its time. */
  rotate(input: Omit<RotateInput, 'now' | 'deadline'>, operation: StoreOperation): Promise<RotateResult> {
    const { ahead, left } = operation
    const deadline = ahead === undefined ? undefined : performance.now() + ahead + left
    return this.change(input.subject, (store, now) => store.rotate({ ...input, deadline, now }), operation)
  }

  end(input: Untimed<EndInput>, operation = this.begin()): Promise<boolean> {
    return this.change(input.subject, (store, now) => store.end({ ...input, now }), operation)
  }

  endAll(input: Untimed<EndAllInput>): Promise<number> {
    return this.change(input.subject, (store, now) => store.endAll({ ...input, now }))
  }

  list(input: Untimed<ListInput>): Promise<readonly SessionRecord[]> {
    return this.ask((store, now) => store.list({ ...input, now }))
  }

  keepGeneration(input: Untimed<KeepGenerationInput>): Promise<number> {
    return this.ask((store, now) => store.keepGeneration({ ...input, now }))
  }

  revokeToken(input: Untimed<TokenInput>): Promise<void> {
    return this.change(input.subject, (store, now) => store.revokeToken({ ...input, now }))
  }

  addOneTimeToken(input: Untimed<TokenInput>): Promise<void> {
    return this.ask((store, now) => store.addOneTimeToken({ ...input, now }))
  }

  consumeOneTimeToken(input: Untimed<ConsumeInput>): Promise<boolean> {
    return this.ask((store, now) => store.consumeOneTimeToken({ ...input, now }))
  }

  /** Forgets what is remembered of the subject, also where the outcome is unknown; an answer may come after the time-out. */
  private async change<T>(
    subject: string | undefined,
    work: (store: SessionStore, now: number) => Promise<T>,
    operation?: StoreOperation,
  ): Promise<T> {
    const { memory } = this
    if (memory === undefined) return this.ask(work, operation)
    const forget = (): void => memory.forget(subject)
    try {
      return await this.ask((store, now) => work(store, now).finally(forget), operation)
    } finally {
      forget()
    }
  }

  private async ask<T>(
    work: (store: SessionStore, now: number) => Promise<T>,
    operation = this.begin(),
  ): Promise<T> {
    const began = performance.now()
    try {
      const answer = await within(operation.left, () => work(this.connected(), this.clock.now()))
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
    const { memory } = this
    if (memory !== undefined && this.watched !== store) {
      this.watched = store
      store.watch?.((subject) => memory.forget(subject))
    }
    return store
  }
}

async function within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_, reject) => {
    const giveUp = () =>
      reject(new Error(`The session store did not answer within ${Math.ceil(milliseconds)} ms.`))
    // A process that was busy looks at its timers first, and then at what has come in meanwhile.
    timer = setTimeout(() => setImmediate(giveUp), milliseconds)
  })
  try {
    return await Promise.race([work(), silence])
  } finally {
    clearTimeout(timer)
  }
}
