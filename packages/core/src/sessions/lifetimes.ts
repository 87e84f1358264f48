/** What the module's options say of sessions. Durations are in milliseconds. */
export interface SessionRules {
  /** A session ends when it is not refreshed for this long. */
  readonly idle: number
  /** The absolute limit, counted from the login; `undefined`: none. */
  readonly absolute: number | undefined
  readonly reuseGrace: number
  /** Of access tokens, by default: how long the generation of a subject is kept at least. */
  readonly accessLifetime: number
  readonly clockTolerance: number
  /** Sessions per subject. */
  readonly max: number | undefined
}

/** A little longer than any verifier would accept the token: clocks differ. */
const MARGIN = 60_000

/** Until when what speaks of a token with this `exp` (seconds) is kept; without one, to the end of time as dates go. */
export function keepUntil(exp: number | undefined, { clockTolerance }: SessionRules): number {
  return exp === undefined ? 253_402_300_799_000 : Math.ceil(exp * 1000) + clockTolerance + MARGIN
}
