import { types } from 'node:util'
import { JwtAuthUsageError, type UsageErrorCode } from './usage.error.js'

/**
 * Throws if a function of the app is async but its result is needed immediately. The rejection of its promise is handled
 * then, because an unhandled one would end the process. `name` begins the message.
 */
export function refusePromise(result: unknown, code: UsageErrorCode, name: string): void {
  if (!types.isPromise(result)) return
  result.catch(() => undefined)
  throw new JwtAuthUsageError(code, `${name} must not be async, but returned a promise.`)
}
