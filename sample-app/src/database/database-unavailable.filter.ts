import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { DatabaseUnavailable } from './database-unavailable.js'

const RETRY_AFTER = '5' // seconds

/** Answers 503 with `Retry-After`. */
@Catch(DatabaseUnavailable)
export class DatabaseUnavailableFilter implements ExceptionFilter<DatabaseUnavailable> {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(exception: DatabaseUnavailable, host: ArgumentsHost): void {
    const { httpAdapter } = this.host
    const response: unknown = host.switchToHttp().getResponse()
    httpAdapter.setHeader(response, 'Retry-After', RETRY_AFTER)
    httpAdapter.reply(response, exception.getResponse(), exception.getStatus())
  }
}
