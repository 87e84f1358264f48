import type { OriginCheckedToken } from '../csrf/check-csrf.js'
import type { JwtClaims } from '../../register.js'
import type { LiveToken } from '../../sessions/session-check.js'
import type { Policy, PolicyContext } from './policy.js'

/** Checks all policies, in order. The first one that is not satisfied decides the refusal. */
export function authorize(
  { claims, origin }: OriginCheckedToken & LiveToken,
  policies: readonly Policy[],
  context: Omit<PolicyContext, 'scopeClaims'>,
): Promise<void> {
  return askPolicies(claims, policies, { ...context, scopeClaims: origin?.scopeClaims })
}

export async function askPolicies(
  claims: JwtClaims,
  policies: readonly Policy[],
  context: PolicyContext,
): Promise<void> {
  for (const policy of policies) {
    const refusal = await policy(claims, context)
    if (refusal !== undefined) throw refusal
  }
}
