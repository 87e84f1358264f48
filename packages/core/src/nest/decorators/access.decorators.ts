import { JwtAuthUsageError } from '../../errors/usage.error.js'
import { isLocation } from '../../request/locate/locations.js'
import type { TokenLocation } from '../transports/token-location.js'
import { type RouteDecorator, routeDecorator } from './route-decorator.js'

/**
 * The guard reads no token for this handler, or for the handlers of this class. Derived classes do not inherit it. On a
 * class it is overridden by a handler's own policy, `@OptionalAuth`, `@UseRefreshToken`, `@TokenLocations`,
 * `@UseGuards(JwtGuard)` or `@Public(false)`. On a handler it is overridden by a derived class with a policy,
 * `@OptionalAuth`, `@UseRefreshToken` or `@Public(false)`. `@Public(false)` protects again, and also binds `JwtGuard`.
 * Throws if the same target has a policy, `@OptionalAuth` or `@UseRefreshToken`.
 */
export function Public(isPublic = true): RouteDecorator {
  return routeDecorator(() => ({ public: isPublic }), isPublic ? 'never' : 'always')
}

/**
 * A request without a token is anonymous; an invalid token is still refused. Together with a policy, a missing token is
 * refused too (401). Also binds `JwtGuard`.
 */
export function OptionalAuth(): RouteDecorator {
  return routeDecorator(() => ({ optional: true }), 'always')
}

/**
 * The route accepts the current refresh token of a session instead of an access token, and does not rotate it. Also binds
 * `JwtGuard`.
 */
export function UseRefreshToken(): RouteDecorator {
  return routeDecorator(() => ({ refresh: true }), 'always')
}

/**
 * Where the token of this route may travel; replaces the module's `locations`. The decorator of a handler replaces the one
 * of its class. On a handler it also binds `JwtGuard`.
 */
export function TokenLocations(...locations: readonly [TokenLocation, ...TokenLocation[]]): RouteDecorator {
  if (locations.length === 0 || !locations.every(isLocation)) {
    throw new JwtAuthUsageError(
      'decorator_invalid',
      "@TokenLocations() needs at least one location: 'header', 'cookie', 'query', 'body', { header, scheme } or a function.",
    )
  }
  return routeDecorator(() => ({ locations }), 'on handlers')
}
