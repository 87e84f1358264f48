import type { ExecutionContext } from '@nestjs/common'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { Authentication } from '../../request/authenticate.js'
import type { RouteTarget } from '../decorators/route-metadata.js'
import { boundGuards } from '../nest-internals.js'
import { findCall } from '../transports/find-call.js'
import { guardedCall, guardedHandler } from './guarded-calls.js'
import { isJwtGuard } from './jwt.guard.js'
import { readRoute } from './read-route.js'

/**
 * The result of the guard for the handler of this context; `undefined` for an anonymous call. If no guard ran, throws
 * `guard_missing` with the name of `decorator`.
 */
export function authenticationFor(decorator: string, context: ExecutionContext): Authentication | undefined {
  const call = findCall(context)
  const guarded = call && (guardedHandler(call.holder, context) ?? (call.isPart && guardedCall(call.holder)))
  if (guarded) return guarded.authentication
  const [type, handler] = [context.getClass(), context.getHandler()]
  if (call === undefined && readRoute(type, handler).access === 'public') return undefined
  throw new JwtAuthUsageError(
    'guard_missing',
    `${decorator} on ${type.name}.${handler.name}: ${whyMissing(type, handler)}`,
  )
}

function whyMissing(type: RouteTarget, handler: RouteTarget): string {
  const inATest = "use signedInGuard({ claims }) from '@nest-jwt-auth/core/testing' instead"
  if ([...boundGuards(type), ...boundGuards(handler)].some(isJwtGuard)) {
    return `JwtGuard is bound, but another guard replaces it. In a test, ${inATest}.`
  }
  return (
    'no JwtGuard ran for this route. Write @UseGuards(JwtGuard) on it, or { provide: APP_GUARD, useExisting: JwtGuard } ' +
    `among the providers of a module. If a test replaces JwtGuard with another guard, ${inATest}.`
  )
}
