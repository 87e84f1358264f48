import { Logger } from '@nestjs/common'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { Clock } from '../../time/clock.js'
import type { SessionStore } from './session-store.js'

type Work<T> = (store: SessionStore, now: number) => Promise<T>

/** Asks the store, and turns its silence and its failures into `store_unavailable`: an outage is a 503, never a guess. */
export class StoreCalls {
  private readonly logger = new Logger('JwtAuth')
  private down = false

  constructor(
    private readonly store: () => SessionStore,
    private readonly clock: Clock,
    /** Milliseconds. */
    readonly timeout: number,
  ) {}

  get isShared(): boolean {
    return this.store().isShared
  }

  /** Waits no longer than `patience` milliseconds. */
  async ask<T>(work: Work<T>, patience = this.timeout): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<never>((_, reject) => {
      const giveUp = () => reject(new Error(`no answer within ${patience} ms`))
      // A process that was busy looks at its timers first, and then at what has come in meanwhile.
      timer = setTimeout(() => setImmediate(giveUp), patience)
    })
    try {
      const answer = await Promise.race([work(this.store(), this.clock.now()), silence])
      this.note(undefined)
      return answer
    } catch (cause) {
      if (cause instanceof JwtAuthError || cause instanceof JwtAuthUsageError) throw cause
      this.note(cause)
      throw new JwtAuthError('store_unavailable', { reason: 'the session store did not do its work', cause })
    } finally {
      clearTimeout(timer)
    }
  }

  /** One line when an outage begins and one when it ends, however many requests it costs. */
  private note(cause: unknown): void {
    if (this.down === (cause !== undefined)) return
    this.down = cause !== undefined
    if (this.down)
      this.logger.error('The session store is unavailable.', cause instanceof Error ? cause.stack : '')
    else this.logger.log('The session store is available again.')
  }
}

/** One operation that asks several times: all its waiting together is no longer than the time-out. */
export class StoreOperation {
  private left: number

  constructor(private readonly calls: StoreCalls) {
    this.left = calls.timeout
  }

  /** Milliseconds that are left. */
  get patience(): number {
    return this.left
  }

  async ask<T>(work: Work<T>): Promise<T> {
    const began = performance.now()
    try {
      return await this.calls.ask(work, this.left)
    } finally {
      this.left = Math.max(1, this.left - (performance.now() - began))
    }
  }
}
