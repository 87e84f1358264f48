import type { RouteMetadata } from '../decorators/route-metadata.js'

/** `public`: no token is read. `optional`: a request without a token is anonymous. */
export type Access = 'public' | 'optional' | 'required'

/** Everything that is said about one handler. */
export interface SaidOfHandler {
  readonly handler: RouteMetadata
  /** Whether `@UseGuards(JwtGuard)` is written on the handler itself. */
  readonly isGuarded: boolean
  /** What the class that the request came to says, then its base classes: each its own words. */
  readonly classes: readonly RouteMetadata[]
  /** How many of those classes derive from the one that has the handler; `undefined`: it cannot be placed. */
  readonly level: number | undefined
}

/** Who decides over a handler that `JwtGuard` was asked about. */
export function decideAccess(said: SaidOfHandler): Access {
  if (isPublic(said)) return 'public'
  const { handler, classes, level } = said
  const hasPolicy = [handler, ...classes].some(({ policies }) => policies !== undefined)
  const isOptional = handler.public === false ? handler.optional : (handler.optional ?? classes[0]?.optional)
  return isOptional === true && !hasPolicy && level !== undefined ? 'optional' : 'required'
}

function isPublic({ handler, isGuarded, classes, level }: SaidOfHandler): boolean {
  if (level === undefined) return false
  // 1. Classes that derive from the one that has the handler can close it.
  if (classes.slice(0, level).some(isClosing)) return false
  // 2. The handler's own word. `@Public()` beside a bare `@UseGuards(JwtGuard)` opens: composed decorators have both.
  if (handler.public === true) return true
  if (isClosing(handler) || handler.locations !== undefined || isGuarded) return false
  // 3. The word of the class that the request came to.
  const [requested, ...bases] = classes
  return requested?.public === true && bases.every(({ policies }) => policies === undefined)
  // 4. JwtGuard is bound, since it asks: closed.
}

function isClosing({ public: isPublicWord, optional, refresh, policies }: RouteMetadata): boolean {
  return isPublicWord === false || optional === true || refresh === true || policies !== undefined
}
