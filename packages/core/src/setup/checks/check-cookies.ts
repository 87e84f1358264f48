import type { CookieDefinition, CookieSettings } from '../../cookies/cookie-settings.js'
import { csrfMacs } from '../../cookies/csrf-token.js'
import type { KeyRing } from '../../keys/key-ring.js'
import { NEW_SECRET } from '../../keys/import-key.js'
import { weaknessOfSecret } from '../../keys/weak-secret.js'
import type { JwtAuthOptions } from '../jwt-auth-options.js'
import type { CheckedOptions } from '../options/option-tables.js'
import type { Problems } from '../problems.js'

/** Reports cookies that browsers would refuse, and options that contradict each other. */
export function checkCookies(
  given: JwtAuthOptions,
  { cookies, refreshToken }: CheckedOptions,
  settings: CookieSettings,
  problems: Problems,
): void {
  const { secure, sameSite } = cookies
  if (!secure && process.env['NODE_ENV'] === 'production') {
    problems.add(
      'cookies.secure',
      'The value is false, but NODE_ENV is production',
      'Serve the app over https, and remove secure: false',
    )
  }
  if (sameSite === 'none' && !secure) {
    problems.add(
      'cookies.sameSite',
      "The value is 'none', but cookies.secure is false; browsers refuse such cookies",
      'Remove one of the two',
    )
  }
  if (refreshToken === false && given.cookies?.refreshToken !== undefined) {
    problems.add(
      'cookies.refreshToken',
      'The cookie is configured, but refreshToken is false',
      'Remove one of the two',
    )
  }
  checkPrefix('cookies.accessToken', settings.tokens.access.current, problems)
  checkPrefix('cookies.refreshToken', settings.tokens.refresh.current, problems)
  checkDistinct(settings, problems)
}

/** A name that is another cookie's, or a left-over of it, which is cleared whenever cookies are set. */
function checkDistinct({ tokens: { access, refresh }, csrf }: CookieSettings, problems: Problems): void {
  const families = [access, refresh, ...(csrf === undefined ? [] : [csrf])]
  const names = families.map(({ current }) => current.name)
  if (new Set(names).size < names.length) {
    problems.add('cookies', 'Two cookies have the same name', 'Give each cookie a different name')
    return
  }
  for (const [at, family] of [
    ['accessToken', access],
    ['refreshToken', refresh],
  ] as const) {
    const { name } = family.current
    const isTaken = families.some(
      (other) => other !== family && other.leftOver.some((leftOver) => leftOver.name === name),
    )
    if (!isTaken) continue
    problems.add(
      `cookies.${at}.name`,
      'The name is a default name of another cookie, which is cleared whenever cookies are set',
      'Give the cookie another name',
    )
  }
}

/** Reports CSRF options in an app that reads no cookies: they would do nothing. */
export function checkCsrf(given: JwtAuthOptions, { inUse }: CookieSettings, problems: Problems): void {
  if (
    given.csrf === undefined ||
    inUse ||
    given.cookies !== undefined ||
    problems.mentions('csrf', 'locations')
  ) {
    return
  }
  problems.add(
    'csrf',
    'CSRF protection is configured, but tokens do not travel in cookies',
    "Add 'cookie' to locations, or remove csrf",
  )
}

/** Reports a weak `csrf.secret`, and a double submit that has no key. */
export function checkCsrfSecret(
  { csrf: { secret, doubleSubmit } }: CheckedOptions,
  keys: KeyRing | undefined,
  problems: Problems,
): void {
  const weakness = secret === undefined ? undefined : weaknessOfSecret(Buffer.from(secret), 32)
  if (weakness !== undefined) {
    problems.add('csrf.secret', weakness, NEW_SECRET)
  } else if (doubleSubmit && keys !== undefined && csrfMacs(secret, keys) === undefined) {
    problems.add(
      'csrf.secret',
      keys.canSign
        ? 'The double submit needs a secret, because the first key signs outside this process and none can be derived from it'
        : 'The double submit needs a secret, because there is no signing key to derive one from',
      keys.canSign
        ? NEW_SECRET
        : `Set it to the same secret as in the app that issues the tokens. ${NEW_SECRET}`,
    )
  }
}

/** RFC 6265bis section 4.1.3: browsers drop a cookie whose name promises what its attributes do not keep. */
function checkPrefix(at: string, { name, path, secure, domain }: CookieDefinition, problems: Problems): void {
  if (problems.mentions(at)) return
  if (/^__host-/i.test(name) && (!secure || domain !== undefined || path !== '/')) {
    problems.add(
      `${at}.name`,
      "A name with the prefix __Host- needs secure, the path '/' and no domain",
      'Choose another name, such as one with the prefix __Secure- if secure is true',
    )
  } else if (/^__secure-/i.test(name) && !secure) {
    problems.add(
      `${at}.name`,
      'A name with the prefix __Secure- needs secure',
      'Choose a name without this prefix',
    )
  }
}
