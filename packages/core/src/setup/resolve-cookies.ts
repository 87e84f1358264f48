import type { CookieDefinition, CookieSettings } from '../cookies/cookie-settings.js'
import type { CookieOptions, JwtAuthOptions, TokenCookieOptions } from './jwt-auth-options.js'
import { refuseUnknownInside } from './known-options.js'
import type { Problems } from './problems.js'

/** RFC 6265 section 4.1.1, and 5.1.3 for a leading dot, which browsers leave out. */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/
const PATH = /^\/[\w./~%@:+-]*$/
const DOMAIN = /^\.?[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/i

/** The cookies of the app. They are settled even where only a route or two reads them. */
export function resolveCookies(options: JwtAuthOptions, problems: Problems): CookieSettings {
  const { cookies = {}, csrf, locations = ['header'] } = options
  const { secure = true, sameSite = 'lax', domain } = cookies
  checkShared(secure, sameSite, domain, problems)
  if (options.refreshToken === false && cookies.refreshToken !== undefined) {
    problems.add('cookies.refreshToken', 'is set, and refreshToken is false', 'Leave one of them out')
  }
  const doubleSubmit: unknown = csrf?.doubleSubmit ?? false
  if (typeof doubleSubmit !== 'boolean') {
    problems.add('csrf.doubleSubmit', 'is neither true nor false', 'Leave it out, or write true')
  }
  const shared = { domain, sameSite, secure, httpOnly: true }
  const host = domain === undefined ? '__Host-' : '__Secure-'
  const place = (given: unknown, path: string) => placeOf(given, `cookies.${path}`, problems)
  const access: CookieDefinition = {
    ...shared,
    name: nameFor('access_token', host, secure),
    path: '/',
    ...place(cookies.accessToken, 'accessToken'),
  }
  const refresh: CookieDefinition = {
    ...shared,
    name: nameFor('refresh_token', '__Secure-', secure),
    path: undefined,
    ...place(cookies.refreshToken, 'refreshToken'),
  }
  const readable = { ...shared, name: 'csrf_token', path: '/', httpOnly: false }
  checkCookie('cookies.accessToken', access, problems)
  checkCookie('cookies.refreshToken', refresh, problems)
  const names = [access.name, refresh.name, ...(doubleSubmit === true ? [readable.name] : [])]
  if (new Set(names).size < names.length) {
    problems.add('cookies', 'give two cookies one name', 'Name them differently')
  }
  return Object.freeze({
    tokens: Object.freeze({ access: Object.freeze(access), refresh: Object.freeze(refresh) }),
    csrf: doubleSubmit === true ? Object.freeze(readable) : undefined,
    inUse: Array.isArray(locations) && locations.includes('cookie'),
  })
}

function checkShared(secure: unknown, sameSite: string, domain: unknown, problems: Problems): void {
  if (typeof secure !== 'boolean') {
    problems.add('cookies.secure', 'is neither true nor false', 'Leave it out')
  } else if (!secure && process.env['NODE_ENV'] === 'production') {
    problems.add('cookies.secure', 'is false in production', 'Serve over https, and leave it out')
  }
  if (!['strict', 'lax', 'none'].includes(sameSite)) {
    problems.add('cookies.sameSite', 'is none of the three', "Write 'strict', 'lax' or 'none'")
  } else if (sameSite === 'none' && secure === false) {
    problems.add(
      'cookies.sameSite',
      "is 'none' without secure, which browsers refuse",
      'Leave one of them out',
    )
  }
  if (domain !== undefined && !(typeof domain === 'string' && DOMAIN.test(domain))) {
    problems.add('cookies.domain', 'is no domain name', "Write 'example.com', or leave it out")
  }
}

function nameFor(name: string, prefix: string, secure: CookieOptions['secure']): string {
  return secure ? `${prefix}${name}` : name
}

/** What is given of name and path. */
function placeOf(given: unknown, path: string, problems: Problems): Partial<Record<'name' | 'path', string>> {
  refuseUnknownInside(path, ['name', 'path'], given, problems)
  const { name, path: place } = Object(given) as TokenCookieOptions
  return { ...(name === undefined ? {} : { name }), ...(place === undefined ? {} : { path: place }) }
}

/** RFC 6265bis section 4.1.3: browsers drop a cookie whose name promises what its attributes do not keep. */
function checkCookie(at: string, { name, path, secure, domain }: CookieDefinition, problems: Problems): void {
  if (path !== undefined && !(typeof path === 'string' && PATH.test(path))) {
    problems.add(`${at}.path`, 'is no path', "Write '/', for instance")
  }
  if (typeof name !== 'string' || !NAME.test(name)) {
    problems.add(`${at}.name`, 'is no cookie name', 'Use letters, digits, - and _')
  } else if (/^__host-/i.test(name) && (!secure || domain !== undefined || path !== '/')) {
    problems.add(
      `${at}.name`,
      `is ${name}, and __Host- needs secure, the path '/' and no domain`,
      'Name it otherwise, with __Secure- in front where it is secure',
    )
  } else if (/^__secure-/i.test(name) && !secure) {
    problems.add(`${at}.name`, `is ${name}, and __Secure- needs secure`, 'Name it otherwise')
  }
}
