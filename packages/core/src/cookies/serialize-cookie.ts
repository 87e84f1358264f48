import type { CookieDefinition } from './cookie-settings.js'

/** The length that every browser accepts for one cookie: name, value and attributes (RFC 6265 section 6.1). */
export const MAX_COOKIE_LENGTH = 4096

/** A `Set-Cookie` value (RFC 6265 section 4.1). `value` must need no encoding; `maxAge` is in whole seconds. */
export function serializeCookie(
  { name, path, domain, sameSite, secure, httpOnly }: CookieDefinition,
  value: string,
  maxAge: number | undefined,
): string {
  const attributes = [
    `${name}=${value}`,
    maxAge !== undefined && `Max-Age=${maxAge}`,
    domain !== undefined && `Domain=${domain}`,
    `Path=${path}`,
    httpOnly && 'HttpOnly',
    secure && 'Secure',
    `SameSite=${sameSite.charAt(0).toUpperCase()}${sameSite.slice(1)}`,
  ]
  return attributes.filter((attribute) => attribute !== false).join('; ')
}
