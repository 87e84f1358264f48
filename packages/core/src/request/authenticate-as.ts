import type { JwtClaims } from '../register.js'
import { once, type Authentication, type AuthenticationServices } from './authenticate.js'
import { findIdentity } from './identity/load-identity.js'
import { askPolicies } from './policy/authorize.js'
import type { RouteRules } from './policy/route-rules.js'

/** The caller that a test of an app signs in. */
export interface TestCaller {
  readonly claims: JwtClaims
  readonly token: string
  /** If absent, the app's identity loader finds it. */
  readonly identity?: unknown
}

/** For tests: authenticates as if the caller had sent a valid token. Policies are checked as always. */
export async function authenticateAs(
  caller: TestCaller,
  rules: RouteRules<never>,
  {
    clock,
    identityLoader,
    onPolicyError,
  }: Pick<AuthenticationServices, 'clock' | 'identityLoader' | 'onPolicyError'>,
): Promise<Authentication | undefined> {
  if (rules.access === 'public') return undefined
  const { claims, token } = caller
  const identity = once(async () =>
    'identity' in caller ? caller.identity : findIdentity(claims, identityLoader(), 'request'),
  )
  if (rules.needsIdentity) await identity()
  await askPolicies(claims, rules.policies, { now: clock.now(), onError: onPolicyError })
  return { token, claims, identity }
}
