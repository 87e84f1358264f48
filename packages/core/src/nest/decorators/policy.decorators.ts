import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { JwtClaims } from '../../register.js'
import type { Policy } from '../../request/policy/policy.js'
import { type ClaimPredicate, requireClaims } from '../../request/policy/require-claims.policy.js'
import { requireFresh } from '../../request/policy/require-fresh.policy.js'
import { requireScopes } from '../../request/policy/require-scopes.policy.js'
import { type Duration, parseDuration } from '../../time/duration.js'
import { isScope } from '../../token/scopes.js'
import { type RouteDecorator, routeDecorator } from './route-decorator.js'

type Element<V> = V extends readonly (infer E)[] ? E : V

/** For each claim: one value, an array of accepted values, or a function that returns `true` for accepted values. */
export type WantedClaims = {
  readonly [K in keyof JwtClaims]?:
    | JwtClaims[K]
    | Element<JwtClaims[K]>
    | readonly Element<JwtClaims[K]>[]
    | ClaimPredicate<NonNullable<JwtClaims[K]>>
}

/**
 * All of these claims must match: the values are equal or, if one of them is an array, have an element in common; a
 * function must return exactly `true`. A missing claim does not match. Refuses with `insufficient_claims` and `message`,
 * which must be a constant string. Also binds `JwtGuard`. All policies of handler, class and base classes apply.
 */
export function RequireClaims(
  wanted: WantedClaims,
  { message }: { readonly message?: string | undefined } = {},
): RouteDecorator {
  const values = Object.values(wanted as Readonly<Record<string, unknown>>)
  if (values.length === 0 || values.includes(undefined)) {
    throw invalid(
      '@RequireClaims() needs at least one claim, and a value for each claim. Without a claim it would let every token in.',
    )
  }
  return policyDecorator(requireClaims({ ...wanted }, message))
}

/** All of these scopes must be in the claim `scope`. Refuses with `insufficient_scope` (RFC 6750 section 3.1). */
export function RequireScopes(...scopes: readonly [string, ...string[]]): RouteDecorator {
  if (scopes.length === 0 || !scopes.every(isScope)) {
    throw invalid(
      '@RequireScopes() needs at least one scope, without spaces or quotes (RFC 6749 section 3.3).',
    )
  }
  return policyDecorator(requireScopes(scopes))
}

/** The login (`auth_time`) must be less than `maxAge` ago; otherwise 401 with `max_age` (RFC 9470 section 3). */
export function RequireFresh(maxAge: Duration): RouteDecorator {
  const seconds = parseDuration(maxAge)
  if (seconds === undefined || seconds <= 0) throw invalid("@RequireFresh() needs a duration, such as '10m'.")
  return policyDecorator(requireFresh(seconds))
}

function policyDecorator(policy: Policy): RouteDecorator {
  // Decorators run from the last to the first; policies are asked in the order in which they are written.
  return routeDecorator((current) => ({ policies: [policy, ...(current.policies ?? [])] }), 'always')
}

function invalid(message: string): JwtAuthUsageError {
  return new JwtAuthUsageError('decorator_invalid', message)
}
