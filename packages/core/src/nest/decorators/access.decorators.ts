import { UseGuards } from '@nestjs/common'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import { isLocation } from '../../request/locate/locations.js'
import { JwtGuard } from '../guard/jwt.guard.js'
import type { TokenLocation } from '../transports/token-location.js'
import { routeDecorator } from './route-metadata.js'

type RouteDecorator = ClassDecorator & MethodDecorator

/**
 * No token is read. On a handler or a class, for that handler or class alone: never inherited, and a
 * handler that a derived class inherits is public no more where that class has a policy. `@Public(false)` on a
 * handler protects it again. Throws at decoration together with `@OptionalAuth`, `@UseRefreshToken` or a policy.
 */
export function Public(isPublic = true): RouteDecorator {
  return routeDecorator((current) => ({ ...current, public: isPublic }))
}

/** No token is an anonymous request; a bad token is still refused. Together with a policy, no token is a 401. */
export function OptionalAuth(): RouteDecorator {
  return routeDecorator((current) => ({ ...current, optional: true }), [UseGuards(JwtGuard)])
}

/** The route takes the session's current refresh token and no access token. It does not rotate it. */
export function UseRefreshToken(): RouteDecorator {
  return routeDecorator((current) => ({ ...current, refresh: true }), [UseGuards(JwtGuard)])
}

/** Where the token of this route may travel, in place of the module's `locations`; the handler's own before its class's. */
export function TokenLocations(...locations: readonly [TokenLocation, ...TokenLocation[]]): RouteDecorator {
  if (locations.length === 0 || !locations.every(isLocation)) {
    throw new JwtAuthUsageError(
      'decorator_invalid',
      "@TokenLocations() needs at least one location: 'header', 'cookie', 'query', 'body', { header, scheme } or a function.",
    )
  }
  return routeDecorator((current) => ({ ...current, locations }))
}
