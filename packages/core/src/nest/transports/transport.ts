import type { ArgumentsHost, ExecutionContext } from '@nestjs/common'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { Carrier } from '../../request/locate/carrier.js'
import { HttpCarrier, type HttpRequest } from './http.js'

/** Whether the guard knows this kind of context. */
export function isSupported(context: ArgumentsHost): boolean {
  return context.getType() === 'http'
}

/** The object that stands for one request, the same in guards, interceptors and parameter decorators. */
export function requestOf(context: ArgumentsHost): object {
  return context.switchToHttp().getRequest<object>()
}

/** Throws for a context type that is not known: what can't be read can't be let through. */
export function carrierOf(context: ExecutionContext): Carrier<ExecutionContext> {
  const request: unknown = isSupported(context) ? context.switchToHttp().getRequest() : undefined
  if (typeof request === 'object' && request !== null) return new HttpCarrier(context, request as HttpRequest)
  throw new JwtAuthUsageError(
    'transport_unsupported',
    `JwtGuard knows no request of the context type "${context.getType()}", and refuses what it can't check.`,
  )
}
