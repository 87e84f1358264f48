import type { CheckedExtras, CheckedOptions } from '../options/option-tables.js'
import type { Problems } from '../problems.js'

/**
 * Requires a session store in production: sessions in memory end with the process, and other instances do not know
 * them.
 */
export function checkSessionStore(
  { refreshToken }: CheckedOptions,
  { sessionStore }: CheckedExtras,
  problems: Problems,
): void {
  if (refreshToken === false || sessionStore !== undefined || process.env['NODE_ENV'] !== 'production') return
  if (problems.mentions('sessionStore')) return
  problems.add(
    'sessionStore',
    'No session store is set, and sessions are not kept in memory by default when NODE_ENV is production',
    'Set a store that keeps sessions after a restart, or choose the store in memory explicitly with sessionStore: InMemorySessionStore',
  )
}
