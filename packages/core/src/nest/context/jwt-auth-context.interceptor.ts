import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common'
import { Observable } from 'rxjs'
import { findCall } from '../transports/find-call.js'
import { RequestScope } from './request-scope.js'

/**
 * Makes `JwtAuthContext` available while a message is handled. With `requestContext: true` the module binds it to the
 * whole app. Bind it yourself where Nest runs no global interceptors: `@UseInterceptors(JwtAuthContextInterceptor)` on a
 * gateway, or on a controller of a hybrid app's microservice. Over HTTP it changes nothing.
 */
@Injectable()
export class JwtAuthContextInterceptor implements NestInterceptor {
  constructor(@Inject(RequestScope) private readonly scope: RequestScope) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const holder = findCall(context)?.holder
    if (!this.scope.isKept || this.scope.isIn(holder)) return next.handle()
    return new Observable((subscriber) => this.scope.run(holder, () => next.handle().subscribe(subscriber)))
  }
}
