import { JwtAuthUsageError } from '../../errors/usage.error.js'
import { isLocation } from '../../request/locate/locations.js'
import type { TokenLocation } from '../transports/token-location.js'
import { type RouteDecorator, routeDecorator } from './route-decorator.js'

/**
 * No token is read, on this handler or on this class's handlers; never inherited by derived classes. On a class it gives
 * way to a handler's own policy, `@OptionalAuth`, `@UseRefreshToken`, `@TokenLocations`, `@UseGuards(JwtGuard)` or
 * `@Public(false)`. On a handler it gives way to a derived class with a policy, `@OptionalAuth`, `@UseRefreshToken` or
 * `@Public(false)`. `@Public(false)` protects again, and brings `JwtGuard`. Throws at decoration together with a policy,
 * `@OptionalAuth` or `@UseRefreshToken` on the same target.
 */
export function Public(isPublic = true): RouteDecorator {
  return routeDecorator(() => ({ public: isPublic }), isPublic ? 'never' : 'always')
}

/**
 * A request without a token is anonymous; a bad token is still refused. Together with a policy, a missing token is a 401.
 * Brings `JwtGuard`.
 */
export function OptionalAuth(): RouteDecorator {
  return routeDecorator(() => ({ optional: true }), 'always')
}

/**
 * The route takes the session's current refresh token and no access token. It does not rotate the token. Brings
 * `JwtGuard`.
 */
export function UseRefreshToken(): RouteDecorator {
  return routeDecorator(() => ({ refresh: true }), 'always')
}

/**
 * Where the token of this route may travel, instead of the module's `locations`. The handler's own come before those of
 * its class. On a handler it brings `JwtGuard`.
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
