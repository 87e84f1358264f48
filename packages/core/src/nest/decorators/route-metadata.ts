import 'reflect-metadata'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { TokenLocation } from '../transports/token-location.js'
import type { Policy } from '../../request/policy/policy.js'

/** What the decorators wrote on one class or one handler. */
export interface RouteMetadata {
  readonly public?: boolean
  readonly optional?: boolean
  readonly refresh?: boolean
  readonly noStore?: boolean
  readonly locations?: readonly TokenLocation[]
  readonly policies?: readonly Policy[]
}

/** A class, or the function of a handler. */
// oxlint-disable-next-line typescript/no-unsafe-function-type -- what Reflect metadata and Nest both work on
export type RouteTarget = Function

const METADATA = Symbol('nest-jwt-auth:route')
const HANDLERS = Symbol('nest-jwt-auth:handlers')
const IDENTITY = Symbol('nest-jwt-auth:identity')

/** Own metadata only: what a base class says of itself is not inherited here. */
export function routeMetadata(target: RouteTarget): RouteMetadata {
  return (Reflect.getOwnMetadata(METADATA, target) as RouteMetadata | undefined) ?? {}
}

/** Whether any of our decorators wrote something on this function. */
export function isDecorated(target: RouteTarget): boolean {
  return Reflect.hasOwnMetadata(METADATA, target)
}

/** The names of a prototype's own methods that our decorators wrote on, whatever function they have by now. */
export function decoratedHandlers(prototype: object): readonly (string | symbol)[] {
  return (Reflect.getOwnMetadata(HANDLERS, prototype) as readonly (string | symbol)[] | undefined) ?? []
}

/** A decorator for a class or a handler that adds to what is already written there. */
export function routeDecorator(
  change: (current: RouteMetadata) => RouteMetadata,
  also: readonly (ClassDecorator & MethodDecorator)[] = [],
): ClassDecorator & MethodDecorator {
  return (target: object, property?: string | symbol, descriptor?: PropertyDescriptor) => {
    const on = (descriptor?.value ?? target) as RouteTarget
    const next = change(routeMetadata(on))
    refuseContradiction(next, on.name)
    Reflect.defineMetadata(METADATA, next, on)
    if (property !== undefined)
      Reflect.defineMetadata(HANDLERS, [...decoratedHandlers(target), property], target)
    for (const decorate of also) {
      if (descriptor === undefined) decorate(on)
      else decorate(target, property ?? '', descriptor)
    }
  }
}

function refuseContradiction(metadata: RouteMetadata, name: string): void {
  if (metadata.public !== true) return
  if (metadata.optional !== true && metadata.refresh !== true && metadata.policies === undefined) return
  throw new JwtAuthUsageError(
    'decorator_invalid',
    `@Public() on ${name} contradicts @OptionalAuth, @UseRefreshToken or a policy on it. Remove one of them.`,
  )
}

/** Like Nest's own parameter metadata, this is found from derived classes too. */
export function markIdentityUse(constructor: RouteTarget, handler: string | symbol): void {
  Reflect.defineMetadata(IDENTITY, true, constructor, handler)
}

export function usesIdentity(constructor: RouteTarget, handler: string): boolean {
  return Reflect.hasMetadata(IDENTITY, constructor, handler)
}
