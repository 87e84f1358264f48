import { JwtAuthUsageError } from '../errors/usage.error.js'
import type { SessionRules } from '../sessions/lifetimes.js'
import type { Duration } from '../time/duration.js'
import type { SessionOptions } from './issue-options.js'
import { lifetime } from './token-issuer.js'

/** How long one session may live, in milliseconds. */
export interface SessionLimits {
  readonly idle: number
  /** The same, if the login has its own. */
  readonly ownIdle: number | undefined
  /** Counted from the login; `undefined`: no limit. */
  readonly absolute: number | undefined
}

/** The module's limits, shortened by those of one login. Throws `lifetime_invalid` for longer ones. */
export function sessionLimits(
  { expiresIn, sessionExpiresIn }: SessionOptions,
  rules: SessionRules,
): SessionLimits {
  const ownIdle = shortened('expiresIn', expiresIn, rules.idle)
  const ownAbsolute = shortened('sessionExpiresIn', sessionExpiresIn, rules.absolute)
  return { idle: ownIdle ?? rules.idle, ownIdle, absolute: ownAbsolute ?? rules.absolute }
}

function shortened(
  name: 'expiresIn' | 'sessionExpiresIn',
  own: Duration | undefined,
  limit: number | undefined,
): number | undefined {
  if (own === undefined) return undefined
  const milliseconds = lifetime(own, `options.session.${name}`) * 1000
  if (limit === undefined || milliseconds <= limit) return milliseconds
  throw new JwtAuthUsageError(
    'lifetime_invalid',
    `options.session.${name}: The duration is longer than the option \`refreshToken.${name}\`. Set one that is not longer.`,
  )
}
