import { applyDecorators, UseInterceptors } from '@nestjs/common'
import { CloseAtExpiryInterceptor } from '../streams/close-at-expiry.interceptor.js'
import { type RouteDecorator, routeDecorator } from './route-decorator.js'

/**
 * What the handler sends ends when the token of the request expires or is revoked. Server-sent events (`@Sse`) end with a
 * last event of the type `auth`, whose data is `{ "errorCode": "token_expired" }` or `token_revoked`. A download or any
 * other response that has begun is cut off, so no client takes half of it for the whole; one that has not begun is
 * refused with 401. Over other transports the Observable that the handler returned fails with a `JwtAuthError`. Needs
 * `JwtGuard`: throws on a public handler. An anonymous request (`@OptionalAuth`) is not limited.
 */
export function CloseAtExpiry(): RouteDecorator {
  return applyDecorators(
    UseInterceptors(CloseAtExpiryInterceptor),
    routeDecorator(() => ({ closesAtExpiry: true })),
  )
}
