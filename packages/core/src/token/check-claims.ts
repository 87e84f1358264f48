import { JwtAuthError } from '../errors/jwt-auth.error.js'
import type { AuthErrorCode } from '../errors/refusals.js'
import { satisfies, type StandardSchema } from './standard-schema.js'
import type { VerifiedKind } from './token-kind.js'
import type { FrozenObject } from './strict-json.js'

/** What the claims of a token must satisfy, after its signature was verified. */
export interface ClaimRules {
  /** One of these must be `iss`; `undefined`: not checked. */
  readonly issuers: readonly string[] | undefined
  /** One of these must be in `aud`; `undefined`: not checked. */
  readonly audience: readonly string[] | undefined
  /** Seconds, for `exp`, `nbf` and `iat`. For `nbf` and `iat` at least `MAX_CLOCK_SKEW` is used. */
  readonly clockTolerance: number
  readonly requiredClaims: Readonly<Record<VerifiedKind, readonly string[]>>
  /** The schema of the custom claims of access tokens. */
  readonly schema: StandardSchema | undefined
}

/** Seconds by which the clocks of an app's instances may differ. */
export const MAX_CLOCK_SKEW = 5

/** 9999-12-31T23:59:59Z, the last second that date formats can express. */
const LAST_DATE = 253_402_300_799
const DATES = ['exp', 'nbf', 'iat', 'auth_time'] as const
const NAMES = ['sub', 'jti', 'sid'] as const

/**
 * RFC 7519 section 4.1, with `sid` and `auth_time` of OpenID Connect, and `act` (RFC 8693) and `cnf` (RFC 7800), which
 * are reserved for later use. All others are custom claims.
 */
export const REGISTERED_CLAIMS: ReadonlySet<string> = new Set([
  'iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'auth_time', 'act', 'cnf',
]) // prettier-ignore

/**
 * Checks RFC 7519 section 4.1 and the rules of the app, in this order: types, dates, issuer, audience, required claims.
 * `now` is in milliseconds. Throws `token_claims_invalid`, `token_expired` or `token_not_active`.
 */
export function checkClaims(claims: FrozenObject, kind: VerifiedKind, rules: ClaimRules, now: number): void {
  const objection =
    shapeObjection(claims) ??
    dateObjection(claims, rules.clockTolerance, now) ??
    demandObjection(claims, kind, rules)
  if (objection !== undefined) throw refusal(claims, objection)
}

/**
 * Checks only the dates, as at each later use of a token. `now` is in milliseconds. Throws `token_expired` or
 * `token_not_active`.
 */
export function checkDates(claims: FrozenObject, clockTolerance: number, now: number): void {
  const objection = dateObjection(claims, clockTolerance, now)
  if (objection !== undefined) throw refusal(claims, objection)
}

/** Checks only the custom claims. Throws `token_claims_invalid`. */
export async function checkSchema(claims: FrozenObject, schema: StandardSchema): Promise<void> {
  if (await satisfies(schema, customClaims(claims))) return
  throw refusal(claims, invalid('the custom claims do not satisfy the schema'))
}

/** Why claims are refused. */
interface Objection {
  readonly code: AuthErrorCode
  /** For the debug log. */
  readonly reason: string
}

interface Dates {
  readonly exp?: number
  readonly nbf?: number
  readonly iat?: number
}

/** Why a token is refused because of its dates; `undefined` if it is not. `now` is in milliseconds. */
export function dateObjection(
  { exp, nbf, iat }: Dates,
  clockTolerance: number,
  now: number,
): Objection | undefined {
  const seconds = now / 1000
  if (exp !== undefined) {
    if (exp + clockTolerance <= seconds) return { code: 'token_expired', reason: 'exp has passed' }
    if ((iat ?? 0) >= exp || (nbf ?? 0) >= exp) return invalid('exp is not after iat and nbf')
  }
  const latest = seconds + Math.max(clockTolerance, MAX_CLOCK_SKEW)
  // The tolerance counts from the whole second, as in most verifiers, so a token that is accepted here is accepted there.
  const latestNbf = Math.max(Math.floor(seconds) + clockTolerance, seconds + MAX_CLOCK_SKEW)
  if (nbf !== undefined && nbf > latestNbf)
    return { code: 'token_not_active', reason: 'nbf is in the future' }
  if (iat !== undefined && iat > latest) return { code: 'token_not_active', reason: 'iat is in the future' }
  return undefined
}

function shapeObjection(claims: FrozenObject): Objection | undefined {
  const misshapen = misshapenClaim(claims)
  return misshapen === undefined ? undefined : invalid(`${misshapen} has a wrong type or range`)
}

function demandObjection(claims: FrozenObject, kind: VerifiedKind, rules: ClaimRules): Objection | undefined {
  if (rules.issuers?.some((issuer) => issuer === claims['iss']) === false) {
    return invalid('iss is not an accepted issuer')
  }
  if (rules.audience !== undefined && !audienceMatches(claims['aud'], rules.audience)) {
    return invalid('aud does not name this audience')
  }
  const missing = rules.requiredClaims[kind].find((name) => !Object.hasOwn(claims, name))
  return missing === undefined ? undefined : invalid(`the required claim ${missing} is missing`)
}

/** The first registered claim with an invalid type or range; `undefined` if there is none. */
export function misshapenClaim(claims: Readonly<Record<string, unknown>>): string | undefined {
  return (
    DATES.find((name) => !isDateOrAbsent(claims[name])) ??
    NAMES.find((name) => !isNameOrAbsent(claims[name])) ??
    (isTextOrAbsent(claims['iss']) ? undefined : 'iss') ??
    (isAudienceOrAbsent(claims['aud']) ? undefined : 'aud')
  )
}

/** The claims that the app adds itself. The claims schema checks these. */
export function customClaims(claims: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !REGISTERED_CLAIMS.has(name)))
}

function isDateOrAbsent(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && value >= 0 && value <= LAST_DATE)
}

function isNameOrAbsent(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value.length >= 1 && value.length <= 255)
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}

/** RFC 7519 section 4.1.3: `aud` is one name or a list of names. */
function isAudienceOrAbsent(aud: unknown): boolean {
  return Array.isArray(aud) ? aud.every((name) => typeof name === 'string') : isTextOrAbsent(aud)
}

function audienceMatches(aud: unknown, accepted: readonly string[]): boolean {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return named.some((name) => accepted.includes(name as string))
}

function invalid(reason: string): Objection {
  return { code: 'token_claims_invalid', reason }
}

function refusal({ jti }: FrozenObject, { code, reason }: Objection): JwtAuthError {
  return new JwtAuthError(code, { reason, jti: typeof jti === 'string' ? jti : undefined })
}
