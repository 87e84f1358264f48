import type { ExecutionContext } from '@nestjs/common'
import type { Authentication } from '../../request/authenticate.js'
import type { RouteRules } from '../../request/policy/route-rules.js'

/** The result of the guard for one request, and the rules that it applied. */
export interface GuardedRequest {
  /** The request object itself, so that the entry is not used for a copy of the request with other headers. */
  readonly request: object
  readonly rules: RouteRules<ExecutionContext>
  readonly outcome: Promise<Authentication | undefined>
  /** Set when `outcome` has resolved; `undefined` for an anonymous request. */
  authentication?: Authentication | undefined
}

/**
 * The entry is a property of the request, so it ends with the request. A WeakMap with one entry for each request would
 * cost more time in the garbage collector than the guard itself takes.
 */
const GUARDED = Symbol('nest-jwt-auth:guarded')

interface Guarded {
  [GUARDED]?: GuardedRequest
}

export function guardedRequest(request: object): GuardedRequest | undefined {
  const entry = (request as Guarded)[GUARDED]
  return entry?.request === request ? entry : undefined
}

export function rememberGuarded(request: object, entry: GuardedRequest): void {
  ;(request as Guarded)[GUARDED] = entry
}
