import type { ExecutionContext } from '@nestjs/common'
import type { HttpAdapterHost } from '@nestjs/core'
import type { PairCookies } from '../../cookies/pair-cookies.js'
import { isRefusedForGood } from '../../cookies/refused-for-good.js'
import type { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { Carrier } from '../../request/locate/carrier.js'
import { isDecidedByCookie } from '../../request/locate/locate-token.js'
import type { RouteRules } from '../../request/policy/route-rules.js'
import { appendCookies } from './auth-cookies.js'

/** Called by the guard with each refusal, before it is answered. */
export type ClearRefusedCookie = (
  error: JwtAuthError,
  carrier: Carrier<ExecutionContext>,
  rules: Pick<RouteRules<ExecutionContext>, 'locations' | 'kind'>,
) => void

/**
 * Clears the cookie that carried a token that is refused for good, and no other: the browser would send it with every
 * request, to public pages too, and scripts cannot remove it.
 */
export function makeClearRefusedCookie(
  cookies: PairCookies,
  adapterHost: HttpAdapterHost,
): ClearRefusedCookie {
  return (error, carrier, { locations, kind }) => {
    if (!isRefusedForGood(error) || !isDecidedByCookie(carrier, locations, kind)) return
    appendCookies(adapterHost, carrier.context.switchToHttp().getResponse(), cookies.cleared(kind))
  }
}
