import type { ExecutionContext } from '@nestjs/common'
import type { AuthErrorCode } from '../errors/refusals.js'
import type { AuditedHandler } from '../nest/audit/list-routes.js'
import { type Route, readRoute } from '../nest/guard/read-route.js'
import { SAFE_METHODS } from '../request/csrf/check-origin.js'
import type { LocationOption } from '../request/locate/locations.js'
import type { AppFacts } from './app-facts.js'
import type { SecurityRequirement } from './open-api.js'
import { bodyMember, type SecuritySchemes } from './security-schemes.js'

/** What the guard demands of the requests of one handler, and refuses them with. */
export interface OperationRules {
  /** Alternatives; empty: none is needed. `undefined`: this library does not decide, so what the app says stays. */
  readonly security: readonly SecurityRequirement[] | undefined
  /** The guard of `audit.guards` that decides. */
  readonly guard: string | undefined
  readonly scopes: readonly string[]
  /** How recent the login must be, in seconds. */
  readonly maxAge: number | undefined
  readonly codes: readonly AuthErrorCode[]
  /** Whether the header of the double submit is needed; `undefined`: it is not read. */
  readonly csrfHeader: 'optional' | 'required' | undefined
  /** The member of the body that may hold the token. */
  readonly bodyMember: string | undefined
}

/** What the rules of all handlers of a document depend on. */
export interface Circumstances {
  readonly facts: AppFacts
  readonly schemes: SecuritySchemes
  readonly allowsScopes: boolean
}

/** Of a handler that no guard of this library protects. */
export const NO_RULES: OperationRules = {
  security: undefined,
  guard: undefined,
  scopes: [],
  maxAge: undefined,
  codes: [],
  csrfHeader: undefined,
  bodyMember: undefined,
}

/** `method`: in upper case. */
export function rulesOf(
  { found, verdict }: AuditedHandler,
  method: string,
  { facts, schemes, allowsScopes }: Circumstances,
): OperationRules {
  if (verdict.access === 'open') return NO_RULES
  if (verdict.access === 'public')
    return verdict.isForeign === true ? NO_RULES : { ...NO_RULES, security: [] }
  if (verdict.isForeign === true) return { ...NO_RULES, guard: verdict.by }
  const route = routeOf(found)
  const { kind, policies } = route
  const locations = route.locations ?? facts.locations
  const refusals = policies.map(({ refusal }) => refusal)
  const scopes = [
    ...new Set(refusals.flatMap((one) => (one.code === 'insufficient_scope' ? one.scopes : []))),
  ]
  const ages = refusals.flatMap((one) =>
    one.code === 'insufficient_user_authentication' ? [one.maxAge] : [],
  )
  const isOptional = verdict.access === 'optional'
  const checksCsrf = locations.includes('cookie') && !SAFE_METHODS.has(method)
  const isOnlyCookie = locations.every((location) => location === 'cookie')
  const names = new Set(locations.map((location) => schemes.nameOf(location, kind)))
  return {
    ...NO_RULES,
    security: [
      ...[...names].map((name) => ({ [name]: allowsScopes ? scopes : [] })),
      ...(isOptional ? [{}] : []),
    ],
    scopes,
    maxAge: ages.length > 0 ? Math.min(...ages) : undefined,
    codes: [
      ...(isOptional ? [] : (['token_missing'] as const)),
      ...tokenCodes(route, facts),
      ...refusals.map(({ code }) => code),
      ...(checksCsrf ? (['csrf_failed'] as const) : []),
    ],
    csrfHeader:
      checksCsrf && facts.doubleSubmit ? (isOnlyCookie && !isOptional ? 'required' : 'optional') : undefined,
    bodyMember: memberOf(locations, kind),
  }
}

/** A function that took the place of a handler is always refused. */
function routeOf({ type, handler }: AuditedHandler['found']): Route {
  try {
    return readRoute(type, handler)
  } catch {
    return REPLACED
  }
}

const REPLACED: Route = {
  access: 'required',
  kind: 'access',
  noStore: false,
  locations: undefined,
  usesIdentity: false,
  policies: [],
}

/** What a bad token is refused with. */
export const BAD_TOKEN = [
  'token_malformed',
  'token_signature_invalid',
  'token_wrong_type',
  'token_expired',
  'token_not_active',
  'token_claims_invalid',
] as const satisfies readonly AuthErrorCode[]

function tokenCodes({ kind, usesIdentity }: Route, facts: AppFacts): readonly AuthErrorCode[] {
  const loadsIdentity = facts.hasIdentityLoader && (usesIdentity || facts.alwaysLoadsIdentity)
  const possible: readonly [code: AuthErrorCode, isPossible: boolean][] = [
    ['token_revoked', facts.checksSessions],
    ['refresh_reused', kind === 'refresh' && facts.checksSessions],
    ['identity_unknown', loadsIdentity],
    ['store_unavailable', facts.checksSessions],
    ['keys_unavailable', facts.keysCanBeOut],
  ]
  return [...BAD_TOKEN, ...onlyPossible(possible)]
}

export function onlyPossible(
  codes: readonly (readonly [code: AuthErrorCode, isPossible: boolean])[],
): readonly AuthErrorCode[] {
  return codes.filter(([, isPossible]) => isPossible).map(([code]) => code)
}

function memberOf(
  locations: readonly LocationOption<ExecutionContext>[],
  kind: Route['kind'],
): string | undefined {
  return locations.map((location) => bodyMember(location, kind)).find((member) => member !== undefined)
}
