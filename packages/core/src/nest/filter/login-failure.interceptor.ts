import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  Optional,
} from '@nestjs/common'
import { type Observable, tap } from 'rxjs'
import { LoginFailures } from './login-failures.js'

/**
 * Reports a login that a handler refuses, even if an exception filter of the app answers it without the presenter.
 * `@TokenResponse()` binds it. Without the module, as in a unit test, it does nothing.
 */
@Injectable()
export class LoginFailureInterceptor implements NestInterceptor {
  constructor(@Optional() @Inject(LoginFailures) private readonly failures: LoginFailures | undefined) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(tap({ error: (error: unknown) => this.failures?.report(error, context) }))
  }
}
