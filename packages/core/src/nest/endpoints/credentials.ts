import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { LoginCredentials } from './authenticator.js'

/** In characters: no name or password is longer, and no hash function is given more work. */
const MAX_LENGTH = 1024

/** Reads credentials from a parsed body, by the names of its members. Throws `request_invalid`. */
export function readCredentials(
  body: unknown,
  names: { readonly username: string; readonly password: string },
): LoginCredentials {
  const [username, password] = [memberOf(body, names.username), memberOf(body, names.password)]
  if (username !== undefined && password !== undefined) return { username, password }
  throw new JwtAuthError('request_invalid', {
    reason:
      `a login needs a JSON body with ${names.username} and ${names.password}, ` +
      `strings of 1 to ${MAX_LENGTH} characters`,
  })
}

function memberOf(body: unknown, name: string): string | undefined {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
  const value = isObject && Object.hasOwn(body, name) ? (body as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' && value.length >= 1 && value.length <= MAX_LENGTH ? value : undefined
}
