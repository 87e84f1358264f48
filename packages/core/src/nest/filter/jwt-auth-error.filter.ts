import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { DroppedEvent, HANDLED } from '../transports/dropped-event.js'
import { findCall } from '../transports/find-call.js'
import { LoginFailures } from './login-failures.js'
import { REFUSAL_FORMS, type RefusalForms } from '../transports/refusal-form.js'

/** Their refusals need no request or message: a handler can be public, and the app can hide the request. */
const WITHOUT_CALL = ['rpc', 'graphql'] as const

/**
 * Answers refusals that a handler throws, in the form of its transport. `JwtAuthModule` binds it to the whole app; filters
 * of the app's own come first. Nest runs no global filters on gateways, nor in a hybrid app's microservices without
 * `inheritAppConfig`: bind it there yourself, `@UseFilters(JwtAuthErrorFilter)`.
 */
@Catch(JwtAuthError, DroppedEvent)
export class JwtAuthErrorFilter implements ExceptionFilter<unknown> {
  constructor(
    @Inject(REFUSAL_FORMS) private readonly forms: RefusalForms,
    @Inject(LoginFailures) private readonly failures: LoginFailures,
  ) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    if (!(error instanceof JwtAuthError)) return HANDLED
    this.failures.report(error, host)
    const transport =
      findCall(host)?.transport ?? WITHOUT_CALL.find((name) => name === host.getType<string>())
    return transport && this.forms[transport]?.answer(error, host)
  }
}
