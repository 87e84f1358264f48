import type { CanActivate, ExecutionContext } from '@nestjs/common'
import type { RouteTarget } from '../decorators/route-metadata.js'
import { classChain, placeHandler } from './place-handler.js'

/** What has been let through, which depends on nothing but the classes. */
const known = new WeakMap<RouteTarget, WeakSet<RouteTarget>>()

/**
 * Our method decorators bind this guard to their class. A function that replaced a handler on an instance has lost the
 * guards of the handler, but not those of the class: this one refuses it. Lets everything else through.
 */
export const replacedHandlerGuard: CanActivate = {
  canActivate(context: ExecutionContext): true {
    const type = context.getClass()
    const handler = context.getHandler()
    let handlers = known.get(type)
    if (handlers?.has(handler) === true) return true
    placeHandler(classChain(type), handler)
    if (handlers === undefined) known.set(type, (handlers = new WeakSet()))
    handlers.add(handler)
    return true
  },
}
