import type { ExecutionContext } from '@nestjs/common'
import type { Authentication } from '../../request/authenticate.js'
import type { RouteRules } from '../../request/policy/route-rules.js'
import type { RouteTarget } from '../decorators/route-metadata.js'

/** The result of the guard for one handler that a call reached, and the rules that it applied. */
export interface GuardedHandler {
  readonly type: RouteTarget
  readonly handler: RouteTarget
  readonly rules: RouteRules<ExecutionContext>
  /** Who made the call. Handlers with the same locations share it, so a call is verified once. */
  readonly caller: Promise<unknown>
  /** Rejects with what the guard throws. */
  outcome: Promise<void>
  /** Set when `outcome` has resolved; `undefined` for an anonymous call. */
  authentication: Authentication | undefined
}

/** The results of the guard for one call. */
export interface GuardedCall {
  /** The holder itself, so that the entry is not used for a copy of a request with other headers. */
  readonly holder: object
  /** Over GraphQL a call can reach many handlers. */
  readonly handlers: GuardedHandler[]
  /** Who made the call, as soon as a handler has let it through. */
  authentication?: Authentication | undefined
}

/**
 * The entry is a property of the holder, so it ends with the call. A WeakMap with one entry for each request would cost
 * more time in the garbage collector than the guard itself takes.
 */
const GUARDED = Symbol('nest-jwt-auth:guarded')

interface Guarded {
  [GUARDED]?: GuardedCall
}

export function guardedCall(holder: object): GuardedCall | undefined {
  const entry = (holder as Guarded)[GUARDED]
  return entry?.holder === holder ? entry : undefined
}

export function rememberGuarded(holder: object): GuardedCall {
  const entry: GuardedCall = { holder, handlers: [] }
  ;(holder as Guarded)[GUARDED] = entry
  return entry
}

/** The result for the handler of this context. */
export function guardedHandler(holder: object, context: ExecutionContext): GuardedHandler | undefined {
  const [type, handler] = [context.getClass(), context.getHandler()]
  return guardedCall(holder)?.handlers.findLast((entry) => entry.handler === handler && entry.type === type)
}
