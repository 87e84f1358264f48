import { JwtAuthUsageError, ReservedClaimError } from '../errors/usage.error.js'

type ClaimsObject = Readonly<Record<string, unknown>>

/** Only the library sets these: RFC 7519 section 4.1, and what sessions and step-up rest on. */
const RESERVED: ReadonlySet<string> = new Set(['iss', 'sub', 'iat', 'exp', 'jti', 'sid', 'auth_time'])

/** Later objects win; what is `undefined` is not there; `null` is a value. None of the objects is changed. */
export function mergeClaims(...sources: readonly ClaimsObject[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {}
  for (const source of sources) {
    for (const name of Object.keys(source)) {
      const value = source[name]
      if (value === undefined) continue
      // An assignment to this name would be none: it changes the prototype.
      if (name === '__proto__')
        Object.defineProperty(merged, name, { value, enumerable: true, configurable: true, writable: true })
      else merged[name] = value
    }
  }
  return merged
}

/** Throws a `ReservedClaimError` for the first claim that the app may not set. */
export function refuseReserved(claims: ClaimsObject): void {
  const reserved = Object.keys(claims).find((name) => RESERVED.has(name) && claims[name] !== undefined)
  if (reserved !== undefined) throw new ReservedClaimError(reserved)
}

/** What the app handed over as claims: nothing is `{}`, anything but an object is a mistake. */
export function asClaims(value: unknown, code: 'claims_invalid' | 'claims_loader_invalid'): ClaimsObject {
  if (value === null || value === undefined) return {}
  // A copy: what the app does to its object while a loader is awaited comes too late.
  if (typeof value === 'object' && !Array.isArray(value)) return { ...value }
  const source = code === 'claims_invalid' ? 'options.claims' : 'What a claims loader returns'
  throw new JwtAuthUsageError(code, `${source} must be an object, null or undefined.`)
}
