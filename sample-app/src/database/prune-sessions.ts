import { Clock, SessionStore } from '@nest-jwt-auth/core'
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'

const EVERY = 60 * 60 * 1000 // milliseconds

/** Expired sessions are refused with or without this: pruning only keeps the tables small. */
@Injectable()
export class PruneSessions implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly store: SessionStore,
    private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => void this.prune(), EVERY).unref()
    await this.prune()
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer)
  }

  /** A failure is only logged: the next run removes what this one did not. */
  private async prune(): Promise<void> {
    try {
      await this.store.prune({ now: this.clock.now() })
    } catch (error) {
      new Logger(PruneSessions.name).warn(String(error))
    }
  }
}
