import 'reflect-metadata'
import type { TokenLocation } from '../transports/token-location.js'
import type { Policy } from '../../request/policy/policy.js'

/** What the decorators wrote on one class or one handler. Has no prototype, so nothing can be inherited by accident. */
export interface RouteMetadata {
  readonly public?: boolean
  readonly optional?: boolean
  readonly refresh?: boolean
  readonly noStore?: boolean
  readonly closesAtExpiry?: boolean
  readonly locations?: readonly TokenLocation[]
  readonly policies?: readonly Policy[]
}

/** What the decorators wrote on one method of one prototype, and on which function. */
export interface WrittenHandler {
  readonly handler: RouteTarget
  readonly metadata: RouteMetadata
  /** `false`: between two of our decorators another one put a new function in place, without what was written before. */
  readonly isComplete: boolean
}

/** A class, or the function of a handler. */
// oxlint-disable-next-line typescript/no-unsafe-function-type -- what Reflect metadata and Nest both work on
export type RouteTarget = Function

const METADATA = Symbol('nest-jwt-auth:route')
const HANDLERS = Symbol('nest-jwt-auth:handlers')
const IDENTITY = Symbol('nest-jwt-auth:identity')

const NOTHING: RouteMetadata = withoutPrototype({})

/** Own metadata only: what a base class says of itself is not inherited here. */
export function routeMetadata(target: RouteTarget): RouteMetadata {
  return (Reflect.getOwnMetadata(METADATA, target) as RouteMetadata | undefined) ?? NOTHING
}

/** The own methods of a prototype that our decorators wrote on, whatever function each has by now. */
export function writtenHandlers(prototype: object): ReadonlyMap<string | symbol, WrittenHandler> {
  return ownHandlers(prototype) ?? new Map<string | symbol, WrittenHandler>()
}

/** What is written on a target once `added` is written there too. */
export function extendedMetadata(target: RouteTarget, added: RouteMetadata): RouteMetadata {
  return withoutPrototype({ ...routeMetadata(target), ...added })
}

export function writeOnClass(type: RouteTarget, metadata: RouteMetadata): void {
  Reflect.defineMetadata(METADATA, metadata, type)
}

/** Notes too on which function of the prototype it is written. */
export function writeOnHandler(
  prototype: object,
  name: string | symbol,
  handler: RouteTarget,
  metadata: RouteMetadata,
): void {
  const handlers = ownHandlers(prototype) ?? new Map<string | symbol, WrittenHandler>()
  const before = handlers.get(name)
  const isComplete = before === undefined || (before.isComplete && before.metadata === routeMetadata(handler))
  Reflect.defineMetadata(METADATA, metadata, handler)
  Reflect.defineMetadata(HANDLERS, handlers.set(name, { handler, metadata, isComplete }), prototype)
}

/** Like Nest's own parameter metadata, this is found from derived classes too. */
export function markIdentityUse(constructor: RouteTarget, handler: string | symbol): void {
  Reflect.defineMetadata(IDENTITY, true, constructor, handler)
}

export function usesIdentity(constructor: RouteTarget, handler: string | symbol): boolean {
  return Reflect.hasMetadata(IDENTITY, constructor, handler)
}

function ownHandlers(prototype: object): Map<string | symbol, WrittenHandler> | undefined {
  return Reflect.getOwnMetadata(HANDLERS, prototype) as Map<string | symbol, WrittenHandler> | undefined
}

function withoutPrototype(metadata: RouteMetadata): RouteMetadata {
  return Object.freeze(Object.assign(Object.create(null) as object, metadata))
}
