import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { JwtAuthErrorFilter } from '../filter/jwt-auth-error.filter.js'

/** The response of a ready-made route. It is thrown, because a guard has no other way to answer with success. */
export class EndpointAnswer {
  constructor(
    readonly status: number,
    readonly body?: object,
  ) {}
}

/**
 * Sends what the ready-made routes answer, and what they or `JwtGuard` refuse. Bound to each of the routes, it comes
 * before the filters of the app. What guards of the app throw is left to those.
 */
@Catch(EndpointAnswer, JwtAuthError)
export class EndpointAnswerFilter implements ExceptionFilter<EndpointAnswer | JwtAuthError> {
  constructor(
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(JwtAuthErrorFilter) private readonly refusals: JwtAuthErrorFilter,
  ) {}

  catch(thrown: EndpointAnswer | JwtAuthError, host: ArgumentsHost): unknown {
    // oxlint-disable-next-line promise/valid-params -- a filter, not a promise
    if (thrown instanceof JwtAuthError) return this.refusals.catch(thrown, host)
    const response = host.switchToHttp().getResponse<unknown>()
    const { httpAdapter } = this.adapterHost
    // A time-out of the app has answered meanwhile.
    if (httpAdapter.isHeadersSent(response)) return httpAdapter.end(response)
    return httpAdapter.reply(response, thrown.body, thrown.status)
  }
}
