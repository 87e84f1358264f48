import { type ArgumentsHost, type ExecutionContext, Logger } from '@nestjs/common'
import type { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { RouteRules } from '../../request/policy/route-rules.js'
import type { HttpAdapterHost } from '@nestjs/core'
import { appendCookies } from '../cookies/auth-cookies.js'
import type { CookiesOfRefusal } from '../cookies/cookies-of-refusal.js'
import type { RefusalResponder } from '../filter/refusal-responder.js'
import type { Call } from './call.js'
import type { RefusalForm } from './refusal-form.js'

/** Status, body and challenge. */
export class HttpRefusalForm implements RefusalForm {
  private readonly logger = new Logger('JwtAuth')

  constructor(
    private readonly responder: RefusalResponder,
    private readonly adapterHost: HttpAdapterHost,
    private readonly cookiesOf: CookiesOfRefusal,
  ) {}

  /** The headers are set before the error is thrown, so they survive an app's own exception filter. */
  async toThrow(error: JwtAuthError, call: Call, rules: RouteRules<ExecutionContext>): Promise<Error> {
    if (!this.responder.hasBegun(call.context)) {
      const response = call.context.switchToHttp().getResponse<unknown>()
      appendCookies(this.adapterHost, response, this.cookiesOf(error, call, rules))
    }
    await this.responder.setHeaders(error, call.context, rules.noStore)
    return error
  }

  async answer(error: JwtAuthError, host: ArgumentsHost): Promise<void> {
    try {
      await this.responder.reply(error, host)
    } catch (cause) {
      this.logger.error('A refusal could not be answered.', cause instanceof Error ? cause.stack : '')
      this.responder.abandon(host)
    }
  }
}
