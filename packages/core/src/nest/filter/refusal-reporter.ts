import { type ExecutionContext, Logger } from '@nestjs/common'
import type { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { AuthEventEmitter } from '../../events/auth-event-emitter.js'
import { describeRequest } from './describe-request.js'

/** Reports a refusal: debug log and event. */
export class RefusalReporter {
  private readonly logger = new Logger('JwtAuth')

  constructor(private readonly events: AuthEventEmitter) {}

  report(error: JwtAuthError, context: ExecutionContext): void {
    this.reportAt(error, describeRequest(context))
  }

  /** The same for a refusal before a handler was called. */
  reportAt(error: JwtAuthError, at: ReturnType<typeof describeRequest>): void {
    const { errorCode } = error
    const { reason, jti } = error.details
    const isHttp = at.transport === 'http'
    const parts = [
      errorCode,
      `at ${at.route}`,
      !isHttp && `over ${at.transport}`,
      !isHttp && at.ip !== undefined && `from ${at.ip}`,
      reason && `because ${reason}`,
      jti && `jti ${JSON.stringify(jti)}`,
    ]
    this.logger.debug(parts.filter(Boolean).join(', '))
    this.events.emit('auth.denied', { errorCode, reason, jti, ...at })
  }
}
