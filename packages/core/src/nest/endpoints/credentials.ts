import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { Credentials } from './authenticator.js'

/** In characters: no name or password is longer, and no hash function gets more to do. */
const MAX_LENGTH = 1024

/** Reads credentials from a parsed body, by the names of its members. Throws `request_invalid`. */
export function readCredentials(
  body: unknown,
  { username, password }: { readonly username: string; readonly password: string },
): Credentials {
  return { username: memberOf(body, username), password: memberOf(body, password) }
}

function memberOf(body: unknown, name: string): string {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
  const value = isObject && Object.hasOwn(body, name) ? (body as Record<string, unknown>)[name] : undefined
  if (typeof value === 'string' && value.length >= 1 && value.length <= MAX_LENGTH) return value
  throw new JwtAuthError('request_invalid', {
    reason: `the body has no text of 1 to ${MAX_LENGTH} characters under a name of the login`,
  })
}
