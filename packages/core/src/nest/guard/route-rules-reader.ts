import type { ExecutionContext } from '@nestjs/common'
import type { ReadLocation } from '../../request/locate/locations.js'
import type { RouteRules } from '../../request/policy/route-rules.js'
import type { RouteTarget } from '../decorators/route-metadata.js'
import type { TokenLocation } from '../transports/token-location.js'
import { readRoute } from './read-route.js'

/** Combines the decorators of a route with the options, once per route, and remembers the result. */
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
    const { access, kind, noStore, locations, usesIdentity, policies } = readRoute(type, handler)
    return Object.freeze({
      access,
      kind,
      noStore,
      locations: locations?.map(this.toRead) ?? this.locations,
      needsIdentity: this.alwaysIdentity || usesIdentity,
      policies,
    })
  }
}
