import type { Policy } from '../../request/policy/policy.js'
import type { TokenKind } from '../../token/token-kind.js'
import { routeMetadata, type RouteTarget, usesIdentity } from '../decorators/route-metadata.js'
import { boundGuards } from '../nest-internals.js'
import type { TokenLocation } from '../transports/token-location.js'
import { type Access, decideAccess } from './decide-access.js'
import { isJwtGuard } from './jwt.guard.js'
import { classChain, placeHandler } from './place-handler.js'

/** What the decorators on a handler, its class and its base classes require together. */
export interface Route {
  readonly access: Access
  readonly kind: TokenKind
  readonly noStore: boolean
  /** `undefined`: those of the module. */
  readonly locations: readonly TokenLocation[] | undefined
  readonly usesIdentity: boolean
  /** In the order in which they are checked: base class, class, handler. */
  readonly policies: readonly Policy[]
}

/** Reads the decorators. Throws `handler_replaced`. */
export function readRoute(type: RouteTarget, handler: RouteTarget): Route {
  const chain = classChain(type)
  const place = placeHandler(chain, handler)
  const own = routeMetadata(handler)
  const classes = chain.map(routeMetadata)
  const isGuarded = boundGuards(handler).some(isJwtGuard)
  return {
    access: decideAccess({ handler: own, isGuarded, classes, level: place?.level }),
    kind: [own, ...classes].some(({ refresh }) => refresh === true) ? 'refresh' : 'access',
    noStore: own.noStore === true,
    locations: [own, ...classes].find(({ locations }) => locations !== undefined)?.locations,
    usesIdentity: usesIdentity(type, place?.name ?? handler.name),
    policies: [...classes.toReversed(), own].flatMap(({ policies }) => policies ?? []),
  }
}
