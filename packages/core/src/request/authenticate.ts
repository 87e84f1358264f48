import { JwtAuthError } from '../errors/jwt-auth.error.js'
import type { JwtClaims } from '../register.js'
import type { SessionCheck } from '../sessions/session-check.js'
import type { Clock } from '../time/clock.js'
import type { TokenVerifier } from '../token/token-verifier.js'
import { checkCsrf, type CsrfRules, type OriginCheckedToken } from './csrf/check-csrf.js'
import type { IdentityLoader } from './identity/identity-loader.js'
import { loadIdentity } from './identity/load-identity.js'
import type { Carrier } from './locate/carrier.js'
import { locateToken } from './locate/locate-token.js'
import { authorize } from './policy/authorize.js'
import type { RouteRules } from './policy/route-rules.js'
import type { LiveToken } from '../sessions/session-check.js'

/** Who sent a request. Functions return `undefined` instead for an anonymous request. */
export interface Authentication {
  readonly token: string
  readonly claims: JwtClaims
  /** Loads the identity, at most once. */
  readonly identity: () => Promise<unknown>
  /** The token after all checks. Absent if a test replaced the guard, because then there is no token. */
  readonly live?: LiveToken | undefined
}

/** Who sent a request, before any policy was checked: the same for all handlers of one request. */
export interface Caller extends Authentication {
  readonly live: OriginCheckedToken & LiveToken
}

export interface AuthenticationServices {
  readonly verifier: TokenVerifier
  readonly csrf: CsrfRules
  readonly sessions: SessionCheck
  readonly identityLoader: () => IdentityLoader | undefined
  readonly clock: Clock
  readonly onPolicyError: (error: unknown) => void
}

/**
 * Finds out who sent a request: the steps "locate", "verify", "CSRF" and "session" of "The life of a request" in the
 * README, in that order. Each step takes a type that only an earlier step can make. Returns `undefined` if no location
 * carries a token.
 */
export async function identify<Context>(
  carrier: Carrier<Context>,
  { locations, kind }: Pick<RouteRules<Context>, 'locations' | 'kind'>,
  services: AuthenticationServices,
): Promise<Caller | undefined> {
  const presented = locateToken(carrier, locations, kind)
  if (presented === undefined) return undefined
  const verified = await services.verifier.verify(presented.token, kind)
  const originChecked = checkCsrf(verified, presented, carrier, services.csrf)
  return callerOf(presented.token, await services.sessions.check(originChecked), services)
}

/** The caller who sent a token that has passed all checks. */
export function callerOf(
  token: string,
  live: OriginCheckedToken & LiveToken,
  { identityLoader }: Pick<AuthenticationServices, 'identityLoader'>,
): Caller {
  const identity = once(() => loadIdentity(live, identityLoader(), 'request'))
  return { token, claims: live.claims, identity, live }
}

/**
 * Decides whether the caller may call one handler: the steps "identity" and "policies". Returns `undefined` for an
 * anonymous request that the handler allows.
 */
export async function admit(
  caller: Caller | undefined,
  rules: RouteRules<never>,
  services: Pick<AuthenticationServices, 'clock' | 'onPolicyError'>,
  reasonForNoToken = `there is no token in: ${rules.locations.map(({ place }) => place).join(', ')}`,
): Promise<Authentication | undefined> {
  if (caller === undefined) {
    if (rules.access !== 'required') return undefined
    throw new JwtAuthError('token_missing', { reason: reasonForNoToken })
  }
  if (rules.needsIdentity) await caller.identity()
  if (rules.policies.length > 0) {
    await authorize(caller.live, rules.policies, {
      now: services.clock.now(),
      onError: services.onPolicyError,
    })
  }
  return caller
}

export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined
  return () => (loading ??= load())
}
