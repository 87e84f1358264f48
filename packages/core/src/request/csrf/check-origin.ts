import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { Carrier } from '../locate/carrier.js'

/** Methods that change nothing (RFC 9110 section 9.2.1), so a request from a foreign page does no harm. */
export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

export function isSafe({ method, isOverUpgrade }: Carrier): boolean {
  return isOverUpgrade !== true && SAFE_METHODS.has(method)
}

/**
 * Accepts a request only from the app's own pages or from trusted ones: if `Origin` (RFC 6454) is trusted; otherwise by
 * `Sec-Fetch-Site`; without that header, if `Origin` is the app's own. A request with neither header is refused, because
 * browsers add cookies automatically. Throws `csrf_failed`.
 */
export function checkOrigin(carrier: Carrier, trustedOrigins: ReadonlySet<string>): void {
  const origin = onlyOne(carrier.headerValues('origin'))
  if (origin !== undefined && trustedOrigins.has(origin)) return
  const sites = carrier.headerValues('sec-fetch-site')
  if (sites.length > 0) {
    const site = onlyOne(sites)
    if (site === 'same-origin' || site === 'none') return
    throw refused(`Sec-Fetch-Site is neither same-origin nor none, and ${comparison(origin, carrier)}`)
  }
  if (origin !== undefined && origin === carrier.ownOrigin) return
  throw refused(
    origin === undefined
      ? 'there is no Sec-Fetch-Site header, and the Origin header is missing or repeated'
      : comparison(origin, carrier),
  )
}

export function refused(reason: string): JwtAuthError<'csrf_failed'> {
  return new JwtAuthError('csrf_failed', { reason })
}

/** The value of a header that was sent exactly once, as browsers do; `undefined` for any other. */
function onlyOne([value, ...more]: readonly string[]): string | undefined {
  return more.length > 0 ? undefined : value
}

/** What was compared, for the debug log. Origins are no secret. */
function comparison(origin: string | undefined, { ownOrigin }: Carrier): string {
  const own = ownOrigin ?? 'unknown'
  return `Origin is ${shown(origin)}, the app's own is ${own}; to allow it, add it to csrf.trustedOrigins; if the app's own is wrong, configure the app to trust its proxy`
}

/** An origin for the log. Anything else that a client sent is not logged. */
function shown(origin: string | undefined): string {
  if (origin === undefined) return 'missing or repeated'
  return /^[a-z][a-z\d+.-]{0,30}:\/\/[\w.:[\]-]{1,260}$/i.test(origin) || origin === 'null'
    ? origin
    : 'malformed'
}
