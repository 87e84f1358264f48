import type { ExecutionContext } from '@nestjs/common'
import type { ReadLocation } from '../../request/locate/locations.js'
import type { RouteRules } from '../../request/policy/route-rules.js'
import type { TokenLocation } from '../transports/token-location.js'
import { routeMetadata, type RouteTarget, usesIdentity } from '../decorators/route-metadata.js'
import { boundGuards } from '../nest-internals.js'
import { decideAccess } from './decide-access.js'
import { isJwtGuard } from './jwt.guard.js'
import { classChain, placeHandler } from './place-handler.js'

/** Reads what the decorators of a route say, once per route, and keeps it. */
export class RouteRulesReader {
  private readonly known = new WeakMap<RouteTarget, WeakMap<RouteTarget, RouteRules<ExecutionContext>>>()

  constructor(
    private readonly locations: readonly ReadLocation<ExecutionContext>[],
    private readonly toRead: (location: TokenLocation) => ReadLocation<ExecutionContext>,
    /** Whether an option asks for the identity on every request. */
    private readonly alwaysIdentity: boolean,
  ) {}

  /** Throws `handler_replaced`. */
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
    const chain = classChain(type)
    const place = placeHandler(chain, handler)
    const own = routeMetadata(handler)
    const classes = chain.map(routeMetadata)
    const locations = [own, ...classes].find((metadata) => metadata.locations)?.locations
    return Object.freeze({
      noStore: own.noStore === true,
      access: decideAccess({
        handler: own,
        isGuarded: boundGuards(handler).some(isJwtGuard),
        classes,
        level: place?.level,
      }),
      kind: [own, ...classes].some((metadata) => metadata.refresh)
        ? ('refresh' as const)
        : ('access' as const),
      locations: locations?.map(this.toRead) ?? this.locations,
      needsIdentity: this.alwaysIdentity || usesIdentity(type, place?.name ?? handler.name),
      policies: [...classes.toReversed(), own].flatMap((metadata) => metadata.policies ?? []),
    })
  }
}
