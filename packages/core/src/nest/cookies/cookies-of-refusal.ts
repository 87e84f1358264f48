import type { ExecutionContext } from '@nestjs/common'
import type { PairCookies } from '../../cookies/pair-cookies.js'
import { isRefusedForGood } from '../../cookies/refused-for-good.js'
import type { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { Carrier } from '../../request/locate/carrier.js'
import { isDecidedByCookie } from '../../request/locate/locate-token.js'
import type { RouteRules } from '../../request/policy/route-rules.js'

/** The `Set-Cookie` values that a refusal adds to the response, if there is one. */
export type CookiesOfRefusal = (
  error: JwtAuthError,
  carrier: Carrier<ExecutionContext>,
  rules: Pick<RouteRules<ExecutionContext>, 'locations' | 'kind'>,
) => readonly string[]

/**
 * Clears the cookie that carried a token that is refused for good, and no other: the browser would send it with every
 * request, to public pages too, and scripts cannot remove it.
 */
export function makeCookiesOfRefusal(cookies: PairCookies): CookiesOfRefusal {
  return (error, carrier, { locations, kind }) =>
    isRefusedForGood(error) && isDecidedByCookie(carrier, locations, kind) ? cookies.cleared(kind) : []
}
