import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common'
import { ModuleRef } from '@nestjs/core'
import { Observable } from 'rxjs'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import { OpenConnections } from '../../sessions/open-connections.js'
import type { LiveToken } from '../../sessions/session-check.js'
import { Clock } from '../../time/clock.js'
import type { RouteTarget } from '../decorators/route-metadata.js'
import { authenticationFor } from '../guard/authentication-for.js'
import { readRoute } from '../guard/read-route.js'
import { streamEndFor } from './stream-end.js'

/** What `@CloseAtExpiry()` binds. */
@Injectable()
export class CloseAtExpiryInterceptor implements NestInterceptor {
  /** Not the parts themselves: a module that does not import JwtAuthModule uses the guard of one that does. */
  constructor(@Inject(ModuleRef) private readonly modules: ModuleRef) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const [type, handler] = [context.getClass(), context.getHandler()]
    if (readRoute(type, handler).access === 'public') throw publicHandler(`${type.name}.${handler.name}`)
    const authentication = authenticationFor('@CloseAtExpiry()', context)
    if (authentication?.live === undefined || !isFirst(authentication, handler)) return next.handle()
    return this.watch(authentication.live, context, next)
  }

  private watch(live: LiveToken, context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const connections = this.modules.get(OpenConnections, { strict: false })
    const clock = this.modules.get(Clock, { strict: false })
    return new Observable((subscriber) => {
      const stream = streamEndFor(context, subscriber, clock)
      const source = next.handle().subscribe(stream)
      const connection = connections.add(live, (code) => {
        source.unsubscribe()
        stream.end(code)
      })
      stream.onClosed(() => connection.remove())
      return source
    })
  }
}

/** The handlers that are watched, by call. */
const watched = new WeakMap<object, Set<RouteTarget>>()

/** `false` if the decorator is on both class and handler, and so has bound the interceptor twice. */
function isFirst(call: object, handler: RouteTarget): boolean {
  const handlers = watched.get(call) ?? new Set()
  if (handlers.has(handler)) return false
  watched.set(call, handlers.add(handler))
  return true
}

function publicHandler(handler: string): JwtAuthUsageError {
  return new JwtAuthUsageError(
    'decorator_invalid',
    `@CloseAtExpiry() on ${handler}: the handler is public, so there is no token whose end could close anything. ` +
      'Write @Public(false) or @UseGuards(JwtGuard) on the handler, or remove @CloseAtExpiry().',
  )
}
