import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { Identity, JwtClaims } from '../../register.js'
import type { Authentication } from '../../request/authenticate.js'
import { guardedCall, guardedHandler } from '../guard/guarded-calls.js'
import { isJwtGuard } from '../guard/jwt.guard.js'
import { readRoute } from '../guard/read-route.js'
import { boundGuards } from '../nest-internals.js'
import { findCall } from '../transports/find-call.js'
import { markIdentityUse, type RouteTarget } from './route-metadata.js'

type Key<T> = Extract<keyof T, string>

/** Any name, unless the app has registered the type of its identity. */
type IdentityKey = unknown extends Identity ? string : Key<NonNullable<Identity>>

const claimsOf = createParamDecorator((name: string | undefined, context: ExecutionContext): unknown => {
  const claims = authenticationFor('@Claims()', context)?.claims as
    Readonly<Record<string, unknown>> | undefined
  if (name === undefined || claims === undefined) return claims
  return Object.hasOwn(claims, name) ? claims[name] : undefined
})

const identityOf = createParamDecorator(async (name: string | undefined, context: ExecutionContext) => {
  const identity = await authenticationFor('@CurrentIdentity()', context)?.identity()
  if (name === undefined || identity === undefined) return identity
  return (Object(identity) as Readonly<Record<string, unknown>>)[name]
})

const tokenOf = createParamDecorator(
  (_: undefined, context: ExecutionContext) => authenticationFor('@CurrentToken()', context)?.token,
)

/** The claims of the request's token, or one of them; `undefined` where the request is anonymous. */
export function Claims(name?: Key<JwtClaims>): ParameterDecorator {
  return claimsOf(name)
}

/** The identity of the caller, or one of its properties; `undefined` where the request is anonymous. */
export function CurrentIdentity(name?: IdentityKey): ParameterDecorator {
  return (target, handler, index) => {
    if (handler !== undefined) markIdentityUse(target.constructor, handler)
    identityOf(name)(target, handler, index)
  }
}

/** The request's token as it was sent; `undefined` where the request is anonymous. Never log it. */
export function CurrentToken(): ParameterDecorator {
  return tokenOf()
}

function authenticationFor(decorator: string, context: ExecutionContext): Authentication | undefined {
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
