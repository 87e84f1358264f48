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
 * The rule of rotation with a grace (RFC 9700 section 4.14.2). `time` is of the clock that sets `rotatedAt`, in
 * milliseconds; `reuseGrace` too, and 0 leaves no grace at all. It is asked once, when the token is presented: what
 * takes long after that does not move the grace.
 */
export function classifyRefreshToken(
  { current, parent }: SessionRecord,
  jti: string,
  time: number,
  reuseGrace: number,
): RefreshStanding {
  if (current.jti === jti) return 'current'
  // Without a grace there is none, even where a clock has gone backwards since.
  if (reuseGrace > 0 && parent?.jti === jti && time < parent.rotatedAt + reuseGrace) return 'parent'
  return 'reused'
}
