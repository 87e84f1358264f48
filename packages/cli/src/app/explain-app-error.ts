import { CommandError } from '../command.js'
import { withoutPasswords } from './error-stack.js'
import type { Core } from './load-app.js'

/** What the app's own services refuse becomes a `CommandError` with their words. Any other error is returned as it is. */
export function explainAppError(error: unknown, core: Core): unknown {
  if (error instanceof core.JwtAuthUsageError) return new CommandError(error.message)
  if (!(error instanceof core.JwtAuthError)) return error
  const { errorCode, details, message } = error
  const cause =
    details.cause instanceof Error ? `\nThe cause: ${withoutPasswords(details.cause.message)}` : ''
  const reason = details.reason === undefined ? '' : ` (${details.reason})`
  return new CommandError(`${errorCode}: ${message}${reason}${cause}`)
}
