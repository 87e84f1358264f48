import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { findCall } from '../transports/find-call.js'
import type { RefusalForms } from '../transports/refusal-form.js'

/** Answers refusals, wherever in the app they are thrown. Filters of the app's own come first. */
@Catch(JwtAuthError)
export class JwtAuthErrorFilter implements ExceptionFilter<JwtAuthError> {
  constructor(private readonly forms: RefusalForms) {}

  catch(error: JwtAuthError, host: ArgumentsHost): unknown {
    const call = findCall(host)
    return call && this.forms[call.transport]?.answer(error, host)
  }
}
