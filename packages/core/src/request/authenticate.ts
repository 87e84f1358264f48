import { JwtAuthError } from '../errors/jwt-auth.error.js'
import type { JwtClaims } from '../register.js'
import type { Clock } from '../time/clock.js'
import { checkCsrf, type CsrfRules } from './csrf/check-csrf.js'
import type { Carrier } from './locate/carrier.js'
import { locateToken } from './locate/locate-token.js'
import type { IdentityLoader } from './identity/identity-loader.js'
import { loadIdentity } from './identity/load-identity.js'
import { authorize } from './policy/authorize.js'
import type { RouteRules } from './policy/route-rules.js'
import type { SessionCheck } from '../sessions/session-check.js'
import type { TokenVerifier } from '../token/token-verifier.js'

/** Who sent a request. Functions return `undefined` instead for an anonymous request. */
export interface Authentication {
  readonly token: string
  readonly claims: JwtClaims
  /** Loads the identity, at most once. */
  readonly identity: () => Promise<unknown>
}

export interface AuthenticateParts {
  readonly verifier: TokenVerifier
  readonly csrf: CsrfRules
  readonly sessions: SessionCheck
  readonly identityLoader: () => IdentityLoader | undefined
  readonly clock: Clock
  readonly onPolicyError: (error: unknown) => void
}

/**
 * Authenticates one request: the steps of "The life of a request" in the README, in that order. Each step takes a type
 * that only an earlier step can make. Returns `undefined` for an anonymous request.
 */
export async function authenticate<Context>(
  carrier: Carrier<Context>,
  rules: RouteRules<Context>,
  parts: AuthenticateParts,
): Promise<Authentication | undefined> {
  if (rules.access === 'public') return undefined

  const presented = locateToken(carrier, rules.locations, rules.kind)
  if (presented === undefined) {
    if (rules.access === 'optional') return undefined
    throw new JwtAuthError('token_missing', { reason: 'no location carries a token' })
  }
  const verified = await parts.verifier.verify(presented.text, rules.kind)
  const originChecked = checkCsrf(verified, presented, carrier, parts.csrf)
  const live = await parts.sessions.check(originChecked)
  const identity = once(() => loadIdentity(live, parts.identityLoader(), { purpose: 'request' }))
  if (rules.needsIdentity) await identity()
  if (rules.policies.length > 0) {
    await authorize(live, rules.policies, { now: parts.clock.now(), onError: parts.onPolicyError })
  }

  return { token: presented.text, claims: live.claims, identity }
}

export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined
  return () => (loading ??= load())
}
