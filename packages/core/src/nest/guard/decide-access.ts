import type { RouteMetadata } from '../decorators/route-metadata.js'

/** `public`: no token is read. `optional`: a request without a token is anonymous. */
export type Access = 'public' | 'optional' | 'required'

/** What the decorators of one handler and its classes say. */
export interface HandlerDecorators {
  readonly handler: RouteMetadata
  /** Whether `@UseGuards(JwtGuard)` is on the handler itself. */
  readonly isGuarded: boolean
  /** The own metadata of the controller that handles the request, then of its base classes. */
  readonly classes: readonly RouteMetadata[]
  /** The index in `classes` of the class that declares the handler; `undefined` if none of them does. */
  readonly level: number | undefined
}

/** Decides which access a handler has that `JwtGuard` was called for. */
export function decideAccess(said: HandlerDecorators): Access {
  if (isPublic(said)) return 'public'
  const { handler, classes, level } = said
  const hasPolicy = [handler, ...classes].some(({ policies }) => policies !== undefined)
  const isOptional = handler.public === false ? handler.optional : (handler.optional ?? classes[0]?.optional)
  return isOptional === true && !hasPolicy && level !== undefined ? 'optional' : 'required'
}

function isPublic({ handler, isGuarded, classes, level }: HandlerDecorators): boolean {
  if (level === undefined) return false
  // 1. A class that derives from the class of the handler can close it.
  if (classes.slice(0, level).some(isClosing)) return false
  // 2. The handler's own decorators. `@Public()` wins over `@UseGuards(JwtGuard)`: composed decorators can have both.
  if (handler.public === true) return true
  if (isClosing(handler) || handler.locations !== undefined || isGuarded) return false
  // 3. The decorators of the controller that handles the request.
  const [requested, ...bases] = classes
  return requested?.public === true && bases.every(({ policies }) => policies === undefined)
  // 4. Otherwise closed: JwtGuard is bound, because it was called.
}

function isClosing({ public: isPublicWord, optional, refresh, policies }: RouteMetadata): boolean {
  return isPublicWord === false || optional === true || refresh === true || policies !== undefined
}
