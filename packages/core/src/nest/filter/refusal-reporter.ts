import { type ExecutionContext, Logger } from '@nestjs/common'
import type { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { AuthEventEmitter } from '../../events/auth-event-emitter.js'
import { describeRequest } from './describe-request.js'
import type { RefusalResponder } from './refusal-responder.js'

/** Reports a refusal before it is thrown: debug log, event, and headers that survive an app's own exception filter. */
export class RefusalReporter {
  private readonly logger = new Logger('JwtAuth')

  constructor(
    private readonly responder: RefusalResponder,
    private readonly events: AuthEventEmitter,
  ) {}

  async report(error: JwtAuthError, context: ExecutionContext, noStore: boolean): Promise<void> {
    const { errorCode } = error
    const { reason, jti } = error.details
    const request = describeRequest(context)
    const parts = [
      errorCode,
      `at ${request.route}`,
      reason && `because ${reason}`,
      jti && `jti ${JSON.stringify(jti)}`,
    ]
    this.logger.debug(parts.filter(Boolean).join(', '))
    this.events.emit('auth.denied', { errorCode, reason, jti, ...request })
    await this.responder.setHeaders(error, context, noStore ? { 'Cache-Control': 'no-store' } : {})
  }
}
