import type { CookieDescription, SettingsDescription } from '@nest-jwt-auth/core'
import { isLoopback } from './is-loopback.js'
import type { Report } from './report.js'

interface PlacedCookie extends CookieDescription {
  /** The path of the option. */
  readonly option: 'accessToken' | 'refreshToken'
}

/** Looks at the cookies and the CSRF rules as such, and against the address that the app is served at. */
export function checkCookies(settings: SettingsDescription, address: URL | undefined, report: Report): void {
  const { cookies: given, csrf } = settings
  if (given === undefined) return
  const { accessToken, refreshToken } = given
  const cookies: PlacedCookie[] = [
    { ...accessToken, option: 'accessToken' },
    ...(refreshToken === undefined ? [] : [{ ...refreshToken, option: 'refreshToken' as const }]),
  ]
  for (const cookie of cookies) checkPrefix(cookie, report)
  checkDomain(accessToken, address, report)
  checkSameSite(accessToken, csrf.trustedOrigins, report)
  checkOrigins(csrf.trustedOrigins, address, report)
  if (address === undefined) {
    report.skip(
      'cookies against the address that the app is served at',
      'no address is given: --url https://…',
    )
  } else {
    checkSecure(accessToken, address, report)
  }
}

function checkPrefix({ name, domain, path, secure, option }: PlacedCookie, report: Report): void {
  if (!secure || domain !== undefined || path !== '/' || /^__host-/i.test(name)) return
  report.add('cookie_without_host_prefix', {
    at: `cookies.${option}.name`,
    what: `The cookie is named ${name}, without the prefix __Host-.`,
    fix: { where: `in cookies.${option}`, write: `name: '__Host-${name.replace(/^__secure-/i, '')}',` },
  })
}

function checkDomain({ domain }: CookieDescription, address: URL | undefined, report: Report): void {
  if (domain === undefined) return
  const suffix = domain.replace(/^\./, '').toLowerCase()
  if (address !== undefined && address.hostname !== suffix && !address.hostname.endsWith(`.${suffix}`)) {
    report.add('cookie_domain_mismatch', {
      at: 'cookies.domain',
      what: `The domain is ${domain}, but the app is served at ${address.hostname}.`,
      fix: { where: 'in cookies (or remove the domain)', write: `domain: '${address.hostname}',` },
    })
    return
  }
  report.add('cookie_for_subdomains', {
    at: 'cookies.domain',
    what: `The cookies are for all subdomains of ${suffix}.`,
    fix: { where: 'in cookies, if only one host needs them: remove', write: `domain: '${domain}',` },
  })
}

function checkSecure({ secure }: CookieDescription, address: URL, report: Report): void {
  const isHttps = address.protocol === 'https:'
  if (!secure && isHttps) {
    report.add('cookie_not_secure', {
      at: 'cookies.secure',
      what: 'The app is served over https, but the cookies are not Secure.',
      fix: { where: 'in cookies', write: 'secure: true,' },
    })
  }
  if (!secure || isHttps) return
  const code = isLoopback(address) ? 'cookie_secure_on_loopback' : 'cookie_secure_over_http'
  report.add(code, {
    at: 'cookies.secure',
    what: `The cookies are Secure, but the app is served at ${address.origin}.`,
    fix: isLoopback(address)
      ? { where: 'in cookies, for development', write: "secure: process.env.NODE_ENV === 'production'," }
      : { where: 'in the proxy (this line is for nginx)', write: 'return 301 https://$host$request_uri;' },
  })
}

function checkSameSite({ sameSite }: CookieDescription, origins: readonly string[], report: Report): void {
  if (sameSite !== 'none' || origins.length > 0) return
  report.add('same_site_none_unused', {
    at: 'cookies.sameSite',
    what: "The value is 'none', but csrf.trustedOrigins is empty.",
    fix: { where: 'in cookies', write: "sameSite: 'lax'," },
  })
}

function checkOrigins(origins: readonly string[], address: URL | undefined, report: Report): void {
  const isServed = address !== undefined && !isLoopback(address)
  for (const origin of origins) {
    const url = new URL(origin)
    const fix = (kept: string) => ({ where: 'in csrf.trustedOrigins', write: kept })
    if (isLoopback(url)) {
      if (!isServed) continue
      report.add('trusted_origin_local', {
        at: 'csrf.trustedOrigins',
        what: `${origin} is trusted by the app at ${address.origin}.`,
        fix: fix(`...(process.env.NODE_ENV === 'production' ? [] : ['${origin}']),`),
      })
    } else if (url.protocol === 'http:') {
      report.add('trusted_origin_insecure', {
        at: 'csrf.trustedOrigins',
        what: `${origin} is trusted, and its pages travel over http.`,
        fix: fix(`'https://${url.host}',`),
      })
    }
  }
}
