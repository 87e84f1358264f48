import 'reflect-metadata'
import {
  type RouteMetadata,
  routeMetadata,
  type RouteTarget,
  type WrittenHandler,
  writtenHandlers,
} from '../decorators/route-metadata.js'
import { boundGuards, keepsGuards } from '../nest-internals.js'
import { isJwtGuard } from './jwt.guard.js'
import { classChain } from './place-handler.js'

/**
 * The methods of a class and its base classes whose function, as it is now, lacks what our decorators wrote: another
 * decorator put a new function in place, and the policies and guards below it are gone.
 */
export function replacedHandlers(type: RouteTarget): string[] {
  return classChain(type).flatMap((at) => {
    const prototype = at.prototype as object
    return [...writtenHandlers(prototype)].flatMap(([name, written]) => {
      const handler = methodOf(prototype, name)
      if (handler === undefined) return []
      return written.isComplete && hasWritten(handler, written) ? [] : [String(name)]
    })
  })
}

/** An overriding handler that says nothing itself, where the one that it overrides has policies. */
export interface BareOverride {
  readonly type: RouteTarget
  readonly base: RouteTarget
  readonly name: string
}

export function bareOverrides(type: RouteTarget): BareOverride[] {
  const chain = classChain(type)
  return chain.flatMap((base, level) =>
    [...writtenHandlers(base.prototype as object)].flatMap(([name, { metadata }]) => {
      const overriding = chain
        .slice(0, level)
        .find((at) => methodOf(at.prototype as object, name) !== undefined)
      if (metadata.policies === undefined || overriding === undefined) return []
      const handler = methodOf(overriding.prototype as object, name)
      const isBare = handler !== undefined && isHandler(handler) && !saysWhoMayCall(routeMetadata(handler))
      return isBare ? [{ type: overriding, base, name: String(name) }] : []
    }),
  )
}

function hasWritten(method: RouteTarget, { handler, metadata }: WrittenHandler): boolean {
  return routeMetadata(method) === metadata && keepsGuards(method, handler)
}

/**
 * Whether a decorator replaced a class by a constructor of its own that shares the prototype, and what our decorators or
 * `@UseGuards(JwtGuard)` wrote is on one of the two only. Nest reads some of it from the one, some from the other.
 */
export function isReplacedClass(type: RouteTarget): boolean {
  const { constructor: original } = type.prototype as { readonly constructor: unknown }
  if (typeof original !== 'function' || original === type) return false
  const isGuarded = (target: RouteTarget): boolean => boundGuards(target).some(isJwtGuard)
  return routeMetadata(type) !== routeMetadata(original) || isGuarded(type) !== isGuarded(original)
}

/** Nest finds every kind of handler by metadata on its function. */
function isHandler(method: RouteTarget): boolean {
  return Reflect.getOwnMetadataKeys(method).length > 0
}

function saysWhoMayCall({ public: isPublic, optional, refresh, policies }: RouteMetadata): boolean {
  return isPublic !== undefined || optional === true || refresh === true || policies !== undefined
}

function methodOf(prototype: object, name: string | symbol): RouteTarget | undefined {
  const value: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value
  return typeof value === 'function' ? value : undefined
}
