import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { Identity, JwtClaims } from '../../register.js'
import type { Authentication } from '../../request/authenticate.js'
import { guardedRequest } from '../guard/guarded-requests.js'
import { isSupported, requestOf } from '../transports/transport.js'
import { markIdentityUse } from './route-metadata.js'

type Key<T> = Extract<keyof T, string>

/** Any name, as long as the app has not said what an identity is. */
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

/** The text of the request's token; `undefined` where the request is anonymous. Never log it. */
export function CurrentToken(): ParameterDecorator {
  return tokenOf()
}

function authenticationFor(decorator: string, context: ExecutionContext): Authentication | undefined {
  const guarded = isSupported(context) ? guardedRequest(requestOf(context)) : undefined
  if (guarded !== undefined) return guarded.authentication
  throw new JwtAuthUsageError(
    'guard_missing',
    `${decorator} on ${context.getClass().name}.${context.getHandler().name}: no JwtGuard ran for this route. ` +
      'Write @UseGuards(JwtGuard) on it, or { provide: APP_GUARD, useExisting: JwtGuard } among the providers of a module.',
  )
}
