import { Logger } from '@nestjs/common'

/** Logs one line when an outage of the store begins and one when it ends, however many requests it costs. */
export class OutageLog {
  private readonly logger = new Logger('JwtAuth')
  private isDown = false

  began(cause: unknown): void {
    if (this.isDown) return
    this.isDown = true
    this.logger.error('The session store is unavailable.', cause instanceof Error ? cause.stack : '')
  }

  ended(): void {
    if (!this.isDown) return
    this.isDown = false
    this.logger.log('The session store is available again.')
  }
}
