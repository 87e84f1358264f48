import type { IssueRules } from '../issue/issue-rules.js'
import type { SessionRules } from '../sessions/lifetimes.js'
import { parseDuration } from '../time/duration.js'
import type { JwtAuthOptions } from './jwt-auth-options.js'
import type { Problems } from './problems.js'

/** What sessions live by; `undefined` with `refreshToken: false`. */
export function resolveSessions(
  options: JwtAuthOptions,
  { accessExpiresIn, refreshExpiresIn }: IssueRules,
  clockTolerance: number,
  problems: Problems,
): SessionRules | undefined {
  const { max } = options.sessions ?? {}
  if (max !== undefined && !(Number.isInteger(max) && max >= 1)) {
    problems.add('sessions.max', 'is no whole number from 1', 'Leave it out for no limit')
  }
  if (options.refreshToken === false || refreshExpiresIn === undefined) return undefined
  const { sessionExpiresIn, reuseGrace = '10s' } = options.refreshToken ?? {}
  const absolute = sessionExpiresIn === undefined ? undefined : parseDuration(sessionExpiresIn)
  if (sessionExpiresIn !== undefined && !(absolute !== undefined && absolute > 0)) {
    problems.add('refreshToken.sessionExpiresIn', 'is no positive duration', "Write '90d', for instance")
  }
  const grace = parseDuration(reuseGrace)
  if (grace === undefined || grace < 0 || grace > 60) {
    problems.add(
      'refreshToken.reuseGrace',
      'is no duration from 0 to 60 seconds',
      "Write '10s', for instance",
    )
  }
  return Object.freeze({
    idle: refreshExpiresIn * 1000,
    absolute: absolute === undefined ? undefined : absolute * 1000,
    reuseGrace: (grace ?? 0) * 1000,
    accessLifetime: (accessExpiresIn ?? 0) * 1000,
    clockTolerance: clockTolerance * 1000,
    max,
  })
}

/** For how long the check of access tokens may go by what it knows, in milliseconds; `undefined`: not at all. */
export function resolveMaxStaleness({ sessions }: JwtAuthOptions, problems: Problems): number | undefined {
  const check: unknown = sessions?.check ?? 'always'
  if (check === 'always') return undefined
  if (typeof check !== 'object' || check === null || Object.keys(check).join() !== 'maxStaleness') {
    problems.add('sessions.check', 'is none of the two', "Write 'always', or { maxStaleness: '1s' }")
    return undefined
  }
  const seconds = parseDuration(Reflect.get(check, 'maxStaleness'))
  if (seconds === undefined || seconds <= 0 || seconds > 300) {
    problems.add('sessions.check.maxStaleness', 'is no duration up to 5 minutes', "Write '1s', for instance")
  }
  return (seconds ?? 0) * 1000
}

/** How long the session store may take, in milliseconds. */
export function resolveStoreTimeout({ sessions }: JwtAuthOptions, problems: Problems): number {
  const seconds = parseDuration(sessions?.timeout ?? '500ms')
  if (seconds === undefined || seconds <= 0 || seconds > 60) {
    problems.add('sessions.timeout', 'is no duration up to a minute', "Write '500ms', for instance")
  }
  return (seconds ?? 0) * 1000
}
