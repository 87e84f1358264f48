import type { ArgumentsHost, ExecutionContext } from '@nestjs/common'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { Carrier } from '../../request/locate/carrier.js'
import { HttpCarrier, type HttpRequest } from './http.js'

/**
 * The request of a context that the guard knows, the same object in guards, interceptors and parameter decorators.
 * `undefined` for every other context. Nest says `'http'` of handlers that a library calls without naming a type too:
 * what they are called with is not a request.
 */
export function findRequest(context: ArgumentsHost): HttpRequest | undefined {
  if (context.getType() !== 'http') return undefined
  const request: unknown = context.switchToHttp().getRequest()
  return isHttpRequest(request) ? request : undefined
}

/** Like `findRequest`, and throws `transport_unsupported` where there is none. */
export function requestOf(context: ExecutionContext): HttpRequest {
  const request = findRequest(context)
  if (request !== undefined) return request
  throw new JwtAuthUsageError(
    'transport_unsupported',
    `${context.getClass().name}.${context.getHandler().name} was called in a context of the type ` +
      `"${context.getType()}", in which JwtGuard cannot find a token, so it refuses the call. ` +
      'Write @Public() on the handler if it may be called without a token.',
  )
}

/** Where the token of a known request is. Throws `transport_unsupported`. */
export function carrierOf(context: ExecutionContext): Carrier<ExecutionContext> {
  return new HttpCarrier(context, requestOf(context))
}

function isHttpRequest(request: unknown): request is HttpRequest {
  if (typeof request !== 'object' || request === null) return false
  const headers: unknown = Reflect.get(request, 'headers')
  return typeof headers === 'object' && headers !== null
}
