import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common'
import { Observable } from 'rxjs'
import { guardedRequest } from '../guard/guarded-requests.js'
import type { RequestScope } from './request-scope.js'
import { findRequest } from '../transports/transport.js'

/** Runs every handler inside its own request's scope: unguarded ones too, so that none can see another's. */
export class JwtAuthContextInterceptor implements NestInterceptor {
  constructor(private readonly scope: RequestScope) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = findRequest(context)
    const guarded = request && guardedRequest(request)
    const current = { authentication: guarded?.authentication }
    return new Observable((subscriber) => this.scope.run(current, () => next.handle().subscribe(subscriber)))
  }
}
