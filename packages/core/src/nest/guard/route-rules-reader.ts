import type { ExecutionContext } from '@nestjs/common'
import type { ReadLocation } from '../../request/locate/locations.js'
import type { RouteRules } from '../../request/policy/route-rules.js'
import type { TokenLocation } from '../transports/token-location.js'
import {
  routeMetadata,
  type RouteMetadata,
  type RouteTarget,
  usesIdentity,
} from '../decorators/route-metadata.js'

/** Reads what the decorators of a route say, once per route, and keeps it. */
export class RouteRulesReader {
  private readonly known = new WeakMap<RouteTarget, WeakMap<RouteTarget, RouteRules<ExecutionContext>>>()

  constructor(
    private readonly locations: readonly ReadLocation<ExecutionContext>[],
    private readonly toRead: (location: TokenLocation) => ReadLocation<ExecutionContext>,
    /** Whether an option asks for the identity on every request. */
    private readonly alwaysIdentity: boolean,
  ) {}

  of(context: ExecutionContext): RouteRules<ExecutionContext> {
    const handler = context.getHandler()
    const type = context.getClass()
    const ofHandler = this.known.get(handler) ?? new WeakMap<RouteTarget, RouteRules<ExecutionContext>>()
    const known = ofHandler.get(type)
    if (known !== undefined) return known
    const rules = this.read(type, handler)
    this.known.set(handler, ofHandler.set(type, rules))
    return rules
  }

  private read(type: RouteTarget, handler: RouteTarget): RouteRules<ExecutionContext> {
    const own = routeMetadata(handler)
    const classes = classChain(type).map(routeMetadata)
    const { name, level } = placeOf(type, handler)
    // A handler of a base class is public no more where a class that derives from it has a policy.
    const isClosed = classes.slice(0, level).some((derived) => derived.policies !== undefined)
    const said = isClosed ? { ...own, public: false } : own
    const policies = [...classes.toReversed(), own].flatMap((metadata) => metadata.policies ?? [])
    const locations = [own, ...classes].find((metadata) => metadata.locations)?.locations
    return Object.freeze({
      noStore: own.noStore === true,
      access: accessOf(said, classes[0] ?? {}, policies.length > 0),
      kind: [own, ...classes].some((metadata) => metadata.refresh)
        ? ('refresh' as const)
        : ('access' as const),
      locations: locations?.map(this.toRead) ?? this.locations,
      needsIdentity: this.alwaysIdentity || usesIdentity(type, name),
      policies,
    })
  }
}

/** The more specific word wins: what a handler, or a policy of a base class, asks for beats its class's `@Public()`. */
function accessOf(own: RouteMetadata, ofClass: RouteMetadata, hasPolicies: boolean): RouteRules['access'] {
  if (own.public === true) return 'public'
  const demands = own.public === false || own.optional || own.refresh || own.policies !== undefined
  if (!demands && !hasPolicies && ofClass.public === true) return 'public'
  const optional = own.optional ?? (own.public !== false && ofClass.optional === true)
  return optional && !hasPolicies ? 'optional' : 'required'
}

/**
 * The name under which the class has the handler, which a decorator that wraps it may have changed on the function, and
 * how many classes derive from the one that has it, down to this one.
 */
function placeOf(type: RouteTarget, handler: RouteTarget): { name: string; level: number } {
  for (const [level, { prototype }] of classChain(type).entries()) {
    const members = Object.entries(Object.getOwnPropertyDescriptors(prototype as object))
    const name = members.find(([, { value }]) => value === handler)?.[0]
    if (name !== undefined) return { name, level }
  }
  return { name: handler.name, level: 0 }
}

/** The class and its base classes, nearest first. */
function classChain(type: RouteTarget): RouteTarget[] {
  const chain: RouteTarget[] = []
  for (
    let at: unknown = type;
    typeof at === 'function' && at !== Function.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    chain.push(at)
  }
  return chain
}
