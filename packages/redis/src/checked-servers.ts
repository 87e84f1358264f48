import { JwtAuthConfigError } from '@nest-jwt-auth/core'
import { Logger } from '@nestjs/common'
import { notConnected, type RedisCommands } from './redis-client.js'
import { checkServers, type KeptData } from './server-check.js'

/** Milliseconds that boot waits for Redis. If it is not there by then, the first use checks it. */
const BOOT_PATIENCE = 1000

/** The first command waits until the servers have passed their check. */
export class CheckedServers {
  private checking: Promise<void> | undefined
  private isChecked = false
  private isReported = false

  constructor(
    private readonly commands: RedisCommands,
    private readonly kept: KeptData,
  ) {}

  /** Throws a `JwtAuthConfigError` if Redis may evict records; if it cannot be reached, the first use checks it. */
  async checkAtBoot(): Promise<void> {
    const away = new Promise<void>((resolve) => setTimeout(resolve, BOOT_PATIENCE).unref())
    const checked = this.check().catch((error: unknown) => {
      if (error instanceof JwtAuthConfigError) throw error
    })
    await Promise.race([checked, away])
  }

  whenChecked(work: () => Promise<unknown>): Promise<unknown> {
    return this.isChecked ? work() : this.check().then(work)
  }

  /** The same, but does not wait for a connection. */
  whenConnected(work: () => Promise<unknown>): Promise<unknown> {
    return this.commands.isConnected ? this.whenChecked(work) : Promise.reject(notConnected())
  }

  /** Calls at the same time share one check. */
  private check(): Promise<void> {
    this.checking ??= this.checkServers().finally(() => {
      this.checking = undefined
    })
    return this.checking
  }

  private async checkServers(): Promise<void> {
    try {
      await checkServers(this.commands, this.kept)
      this.isChecked = true
    } catch (error) {
      if (error instanceof JwtAuthConfigError && !this.isReported) {
        this.isReported = true
        new Logger('JwtAuth').error(error.message)
      }
      throw error
    }
  }
}
