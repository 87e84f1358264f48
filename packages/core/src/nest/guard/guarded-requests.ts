import type { ExecutionContext } from '@nestjs/common'
import type { Authentication } from '../../request/authenticate.js'
import type { RouteRules } from '../../request/policy/route-rules.js'

/** What the guard found out about one request, and by which rules. */
export interface GuardedRequest {
  /** The request itself: a copy of it, with other headers perhaps, is another one. */
  readonly request: object
  readonly rules: RouteRules<ExecutionContext>
  readonly outcome: Promise<Authentication | undefined>
  /** Set once `outcome` is there; `undefined` where the request is anonymous. */
  authentication?: Authentication | undefined
}

/**
 * On the request itself, so it ends with the request and nothing is shared between apps. Not in a WeakMap: one entry
 * for each request makes the garbage collector work more than the guard.
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
