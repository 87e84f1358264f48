import { CLOCK_SKEW, DATES } from './find-oddities.js'

/** What the claims must have beside good dates; `undefined`: anything. */
export interface ClaimDemands {
  readonly issuer: string | undefined
  readonly audience: string | undefined
}

/** Why claims are refused, with the code of `@nest-jwt-auth/core`. */
export interface Objection {
  readonly errorCode: 'token_claims_invalid' | 'token_expired' | 'token_not_active'
  readonly reason: string
}

type Claims = Readonly<Record<string, unknown>>

/**
 * Why the library refuses these claims, in its order: types, dates, issuer, audience; `undefined` if it does not. `now` is
 * in milliseconds.
 */
export function objectionTo(claims: Claims, demands: ClaimDemands, now: number): Objection | undefined {
  const misshapen = misshapenClaim(claims)
  if (misshapen !== undefined) return invalid(`${misshapen} has a wrong type or range`)
  return dateObjection(claims, now / 1000) ?? demandObjection(claims, demands)
}

function dateObjection({ exp, iat = 0, nbf = 0 }: Dates, now: number): Objection | undefined {
  if (exp === undefined) {
    return invalid(
      'it has no exp, so it never expires; only an app with accessToken.allowNever accepts it: use --app',
    )
  }
  if (exp <= now) return { errorCode: 'token_expired', reason: 'exp has passed' }
  if (Math.max(iat, nbf) >= exp) return invalid('exp is not after iat and nbf')
  const early = nbf > now + CLOCK_SKEW ? 'nbf' : iat > now + CLOCK_SKEW ? 'iat' : undefined
  return early && { errorCode: 'token_not_active', reason: `${early} is in the future` }
}

function demandObjection(
  { iss, aud, sub }: Claims,
  { issuer, audience }: ClaimDemands,
): Objection | undefined {
  if (issuer !== undefined && iss !== issuer) return invalid('iss is not that of --issuer')
  if (audience !== undefined && ![aud].flat().includes(audience))
    return invalid('aud does not name --audience')
  return sub === undefined ? invalid('it has no sub') : undefined
}

interface Dates {
  readonly exp?: number
  readonly nbf?: number
  readonly iat?: number
}

/** 9999-12-31T23:59:59Z */
const LAST_DATE = 253_402_300_799

/** The first registered claim with a wrong type or range. */
function misshapenClaim(claims: Claims): string | undefined {
  const { iss, aud } = claims
  return (
    DATES.find((name) => !isAbsentOr(claims[name], isDate)) ??
    ['sub', 'jti', 'sid'].find((name) => !isAbsentOr(claims[name], isName)) ??
    (isAbsentOr(iss, isText) ? undefined : 'iss') ??
    ([aud].flat().every((one) => isAbsentOr(one, isText)) ? undefined : 'aud')
  )
}

const isAbsentOr = (value: unknown, is: (value: unknown) => boolean): boolean =>
  value === undefined || is(value)
const isText = (value: unknown): value is string => typeof value === 'string'
const isName = (value: unknown): boolean => isText(value) && value.length >= 1 && value.length <= 255
const isDate = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= LAST_DATE

const invalid = (reason: string): Objection => ({ errorCode: 'token_claims_invalid', reason })
