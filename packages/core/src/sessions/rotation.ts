import type { SessionRecord } from './session.js'

/** What a refresh token is to its session. */
export type RefreshStanding =
  /** The one that is to be used next. */
  | 'current'
  /** The one just used, whose successor was not used yet, inside the grace: a lost answer or a second tab. */
  | 'parent'
  /** Anything else: it was used before, so somebody has a copy. */
  | 'reused'

/**
 * The rule of rotation with a grace (RFC 9700 section 4.14.2), the same for every store. `now` is in milliseconds;
 * `reuseGrace` too, and 0 leaves no grace at all.
 */
export function standingOf(
  session: SessionRecord,
  jti: string,
  now: number,
  reuseGrace: number,
): RefreshStanding {
  if (session.current.jti === jti) return 'current'
  const { parent } = session
  // Without a grace there is none, even where this caller's clock is behind that of the one who rotated.
  if (reuseGrace > 0 && parent?.jti === jti && now < parent.rotatedAt + reuseGrace) return 'parent'
  return 'reused'
}
