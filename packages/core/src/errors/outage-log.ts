import { Logger } from '@nestjs/common'

/** Logs one line when an outage begins and one when it ends, however many requests it costs. */
export class OutageLog {
  private readonly logger = new Logger('JwtAuth')
  private isDown = false

  /** `what` begins both lines, such as `The session store`. */
  constructor(private readonly what: string) {}

  /** `cause` is logged with its stack. */
  began(cause: unknown): void {
    if (this.isDown) return
    this.isDown = true
    this.logger.error(`${this.what} is unavailable.`, cause instanceof Error ? cause.stack : '')
  }

  ended(): void {
    if (!this.isDown) return
    this.isDown = false
    this.logger.log(`${this.what} is available again.`)
  }
}
