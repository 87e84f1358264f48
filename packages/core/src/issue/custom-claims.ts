import { ReservedClaimError } from '../errors/usage.error.js'
import { REGISTERED_CLAIMS } from '../token/check-claims.js'
import { type PlainObject, plainObject } from '../token/plain-data.js'

/** Later objects win; a member that is `undefined` is left out; `null` is a value. None of the objects is changed. */
export function mergeClaims(...sources: readonly PlainObject[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {}
  for (const source of sources) {
    for (const name of Object.keys(source)) {
      const value = source[name]
      if (value === undefined) continue
      // An assignment to `__proto__` would set the prototype instead of a member.
      if (name === '__proto__')
        Object.defineProperty(merged, name, { value, enumerable: true, configurable: true, writable: true })
      else merged[name] = value
    }
  }
  return merged
}

/** Registered claims that the app may set on access tokens. */
const OVERRIDABLE: ReadonlySet<string> = new Set(['aud', 'nbf'])

/** Throws a `ReservedClaimError` for the first claim that only the library sets. `source` names where the claims come from. */
export function refuseReserved(claims: PlainObject, source: string): void {
  const reserved = Object.keys(claims).find((name) => REGISTERED_CLAIMS.has(name) && !OVERRIDABLE.has(name))
  if (reserved !== undefined) throw new ReservedClaimError(reserved, source)
}

const LOADED = {
  code: 'claims_invalid',
  rootCode: 'claims_loader_invalid',
  name: "the claims loader's result",
  member: 'claim',
} as const
const GIVEN = { code: 'claims_invalid', name: 'options.claims', member: 'claim' } as const

/** A copy of what a claims loader returned; nothing is `{}`. Throws `claims_invalid`, for what is no object `claims_loader_invalid`. */
export function loadedClaims(value: unknown): PlainObject {
  return plainObject(value ?? {}, LOADED)
}

/** A copy of `options.claims`; nothing is `{}`. Throws `claims_invalid` or a `ReservedClaimError`. */
export function givenClaims(value: unknown): PlainObject {
  const claims = plainObject(value ?? {}, GIVEN)
  refuseReserved(claims, GIVEN.name)
  return claims
}
