import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common'
import { map, Observable } from 'rxjs'
import { findCall } from '../transports/find-call.js'
import { RequestScope } from './request-scope.js'
import { runIterator } from './run-iterator.js'

/**
 * Makes `JwtAuthContext` available while a message is handled. With `requestContext: true` the module binds it to the
 * whole app. Bind it yourself where Nest runs no global interceptors: `@UseInterceptors(JwtAuthContextInterceptor)` on a
 * gateway, or on a controller of a hybrid app's microservice. Over HTTP it changes nothing.
 */
@Injectable()
export class JwtAuthContextInterceptor implements NestInterceptor {
  constructor(@Inject(RequestScope) private readonly scope: RequestScope) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const call = findCall(context)
    const holder = call?.holder
    if (!this.scope.isKept || this.scope.isIn(holder)) return next.handle()
    const run = <T>(work: () => T): T => this.scope.run(holder, work)
    const isGraphql = call?.transport === 'graphql'
    return new Observable((subscriber) =>
      run(() =>
        // The handler of a subscription returns the iterator of its events, which runs later.
        next
          .handle()
          .pipe(map((value: unknown) => (isGraphql ? runIterator(value, run) : value)))
          .subscribe(subscriber),
      ),
    )
  }
}
