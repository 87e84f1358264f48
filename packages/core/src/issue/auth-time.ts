import { JwtAuthUsageError } from '../errors/usage.error.js'
import { MAX_CLOCK_SKEW } from '../token/check-claims.js'

/**
 * `options.authTime` as seconds since the epoch. `now` is in milliseconds. Throws `auth_time_invalid` for what is no
 * time, and for one that is more than 5 seconds in the future.
 */
export function checkedAuthTime(given: number | Date | undefined, now: number): number | undefined {
  if (given === undefined) return undefined
  const seconds: unknown = given instanceof Date ? Math.floor(given.getTime() / 1000) : given
  const latest = now / 1000 + MAX_CLOCK_SKEW
  if (typeof seconds === 'number' && seconds >= 0 && seconds <= latest) return seconds
  throw new JwtAuthUsageError(
    'auth_time_invalid',
    `options.authTime must be a Date or seconds since the epoch, at most ${MAX_CLOCK_SKEW} seconds in the future.`,
  )
}
