import type { ArgumentsHost, ExecutionContext } from '@nestjs/common'
import type { JwtAuthEvent } from '../../events/jwt-auth-events.js'
import { findCall } from '../transports/find-call.js'

/** As much of a `User-Agent` as is worth keeping, in characters. */
export const MAX_USER_AGENT = 256

/** Where a refusal happened, for log lines and events. Nest does not give exception filters a route. */
export function describeRequest(
  host: ArgumentsHost,
): Pick<JwtAuthEvent, 'transport' | 'route' | 'ip' | 'userAgent'> {
  const call = findCall(host)
  return {
    transport: host.getType(),
    route: routeOf(host),
    ip: call?.ip,
    userAgent: call?.userAgent?.slice(0, MAX_USER_AGENT),
  }
}

function routeOf(host: ArgumentsHost & Partial<ExecutionContext>): string | undefined {
  const type: { readonly name: string } | null | undefined = host.getClass?.()
  const handler: { readonly name: string } | null | undefined = host.getHandler?.()
  return type && handler ? `${type.name}.${handler.name}` : undefined
}
