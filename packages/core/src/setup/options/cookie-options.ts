import type { CookieOptions, CsrfOptions, TokenCookieOptions } from '../jwt-auth-options.js'
import { flag, listOf, oneOf, secretLike, stringLike, valueThat } from './checks.js'
import { group, optional, type TableOf, withDefault } from './option.js'

/** RFC 6265 section 4.1.1, and section 5.1.3 for a leading dot, which browsers ignore. */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/
const PATH = /^\/[\w./~%@:+-]*$/
const DOMAIN = /^\.?[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/i

const TOKEN_COOKIE = {
  name: optional(stringLike('a cookie name (RFC 6265)', 'Use letters, digits, - and _', NAME)),
  path: optional(stringLike('a path that begins with a slash', "Write '/', for example", PATH)),
} satisfies TableOf<TokenCookieOptions>

export const COOKIES = {
  secure: withDefault(flag, true),
  sameSite: withDefault(oneOf('strict', 'lax', 'none'), 'lax'),
  domain: optional(
    stringLike('a domain name', "Write it without scheme and port, such as 'example.com'", DOMAIN),
  ),
  accessToken: withDefault(group(TOKEN_COOKIE), {}),
  refreshToken: withDefault(group(TOKEN_COOKIE), {}),
} satisfies TableOf<CookieOptions>

const origin = valueThat(
  isOrigin,
  'an origin as browsers write it',
  "Write scheme, host and port only, such as 'https://app.example.com', without a path and without wildcards",
)

export const CSRF = {
  trustedOrigins: withDefault(
    listOf(origin, { example: "['https://app.example.com']", canBeEmpty: true }),
    [],
  ),
  doubleSubmit: withDefault(flag, false),
  secret: optional(secretLike),
} satisfies TableOf<CsrfOptions>

/** RFC 6454 section 6.2. Apps in a shell have a scheme of their own, such as `capacitor://localhost`, for which `URL` has no origin. */
function isOrigin(value: unknown): value is string {
  if (typeof value !== 'string' || value.includes('*') || !URL.canParse(value)) return false
  const { origin, protocol, host } = new URL(value)
  return value === (origin === 'null' && host !== '' ? `${protocol}//${host}` : origin)
}
