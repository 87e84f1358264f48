import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { RefusalResponder } from './refusal-responder.js'
import { findRequest } from '../transports/transport.js'

/** Answers refusals, wherever in the app they are thrown. Filters of the app's own come first. */
@Catch(JwtAuthError)
export class JwtAuthErrorFilter implements ExceptionFilter<JwtAuthError> {
  private readonly logger = new Logger('JwtAuth')

  constructor(private readonly responder: RefusalResponder) {}

  catch(error: JwtAuthError, host: ArgumentsHost): Promise<void> | undefined {
    return findRequest(host) === undefined ? undefined : this.reply(error, host)
  }

  /** Nest waits for no filter, so nothing may be rejected here. */
  private async reply(error: JwtAuthError, host: ArgumentsHost): Promise<void> {
    try {
      await this.responder.reply(error, host)
    } catch (cause) {
      this.logger.error('A refusal could not be answered.', cause instanceof Error ? cause.stack : '')
      this.responder.abandon(host)
    }
  }
}
