import type { SessionRecord } from './session.js'

/** How a refresh token relates to its session. */
export type RefreshStanding =
  /** It has not been used yet. */
  | 'current'
  /** It was used within the grace, and its successor is unused: a response was lost, or a second tab refreshes. */
  | 'parent'
  /** It was used before that, so somebody has a copy. */
  | 'reused'

/**
 * The rule of rotation with a grace (RFC 9700 section 4.14.2). `time` is from the clock that sets `rotatedAt`; both it and
 * `reuseGrace` are in milliseconds. Called once, when the token is presented, so work that takes long after that has no
 * influence on the grace.
 */
export function classifyRefreshToken(
  { current, parent }: SessionRecord,
  jti: string,
  time: number,
  reuseGrace: number,
): RefreshStanding {
  if (current.jti === jti) return 'current'
  // With a grace of 0 even a clock that was set back must not make the parent valid.
  if (reuseGrace > 0 && parent?.jti === jti && time < parent.rotatedAt + reuseGrace) return 'parent'
  return 'reused'
}
