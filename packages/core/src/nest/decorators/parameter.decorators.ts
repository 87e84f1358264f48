import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { Identity, JwtClaims } from '../../register.js'
import { authenticationFor } from '../guard/authentication-for.js'
import { markIdentityUse } from './route-metadata.js'

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
