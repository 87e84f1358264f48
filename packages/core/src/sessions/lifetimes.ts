import { randomUUID } from 'node:crypto'
import type { RefreshRecord, SessionRecord } from './session.js'

/** The module's options about sessions. Durations are in milliseconds. */
export interface SessionRules {
  /** A session ends when it is not refreshed for this long. */
  readonly idle: number
  /** The absolute limit, counted from the login; `undefined`: none. */
  readonly absolute: number | undefined
  readonly reuseGrace: number
  /** The default lifetime of access tokens: the generation of a subject is kept at least this long. */
  readonly accessLifetime: number
  readonly clockTolerance: number
  /** Sessions per subject. */
  readonly max: number | undefined
}

/**
 * Whether a session has ended at `now` (milliseconds): it was not refreshed for too long, or has reached its absolute end,
 * which limits the `exp` of its refresh tokens. The clock tolerance applies, as to any `exp`.
 */
export function isOver({ current }: SessionRecord, now: number, { clockTolerance }: SessionRules): boolean {
  return current.exp * 1000 + clockTolerance <= now
}

/**
 * A new refresh token: `idle` is in milliseconds, the others in whole seconds, as `exp` will be. It never outlives the
 * session.
 */
export function newRefreshRecord(iat: number, idle: number, endsAt: number | undefined): RefreshRecord {
  return { jti: randomUUID(), iat, exp: Math.min(iat + Math.ceil(idle / 1000), endsAt ?? Infinity) }
}

/** Records are kept this much longer than any verifier would accept the token, because clocks differ. */
const MARGIN = 60_000

/** The last millisecond that date formats can express. */
const END_OF_TIME = 253_402_300_799_000

/** Until when (milliseconds) a record about a token with this `exp` (seconds) is kept; for ever, without `exp`. */
export function keepUntil(exp: number | undefined, { clockTolerance }: SessionRules): number {
  return exp === undefined ? END_OF_TIME : Math.ceil(exp * 1000) + clockTolerance + MARGIN
}

/** From milliseconds to whole seconds, because clients read `expires_in` as an integer. */
export function inSeconds(time: number | undefined): number | undefined {
  return time === undefined ? undefined : Math.floor(time / 1000)
}
