import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { Carrier } from '../locate/carrier.js'

/** Methods that change nothing (RFC 9110 section 9.2.1), and that a foreign page may therefore cause. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

export function isSafe({ method }: Carrier): boolean {
  return SAFE_METHODS.has(method)
}

/**
 * Whether the app's own pages, or those it trusts, sent the request: `Origin` (RFC 6454) among the trusted ones; else
 * what the browser says in `Sec-Fetch-Site`; else `Origin` equal to the app's own. A request that says neither is
 * refused, since a cookie came with it by itself. Throws `csrf_failed`.
 */
export function checkOrigin(carrier: Carrier, trustedOrigins: ReadonlySet<string>): void {
  const origin = onlyOne(carrier.headerValues('origin'))
  if (origin !== undefined && trustedOrigins.has(origin)) return
  const sites = carrier.headerValues('sec-fetch-site')
  if (sites.length > 0) {
    const site = onlyOne(sites)
    if (site === 'same-origin' || site === 'none') return
    throw refused('Sec-Fetch-Site is neither same-origin nor none')
  }
  if (origin !== undefined && origin === carrier.ownOrigin) return
  throw refused(
    origin === undefined ? 'neither Origin nor Sec-Fetch-Site says where from' : 'Origin is foreign',
  )
}

/** Browsers send each of these headers once: one that is repeated says nothing. */
function onlyOne([value, ...more]: readonly string[]): string | undefined {
  return more.length > 0 ? undefined : value
}

export function refused(reason: string): JwtAuthError<'csrf_failed'> {
  return new JwtAuthError('csrf_failed', { reason })
}
