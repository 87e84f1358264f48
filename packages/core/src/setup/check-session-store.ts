import type { JwtAuthExtras, JwtAuthOptions } from './jwt-auth-options.js'
import type { Problems } from './problems.js'

/** A restart that signs everybody out, and instances that do not know each other's sessions, must have been meant. */
export function checkSessionStore(
  { refreshToken }: JwtAuthOptions,
  { sessionStore }: JwtAuthExtras,
  problems: Problems,
): void {
  if (refreshToken === false || sessionStore !== undefined || process.env['NODE_ENV'] !== 'production') return
  problems.add(
    'sessionStore',
    'is not set, and in production sessions are not kept in memory by default',
    'Set a store that outlives the process, or name it outright: sessionStore: InMemorySessionStore',
  )
}
