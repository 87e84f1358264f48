import { REGISTERED_CLAIMS } from '../token/check-claims.js'
import { plainObject } from '../token/plain-data.js'
import { deepFreeze, type FrozenObject } from '../token/strict-json.js'

/** How the claims in a token of another issuer are mapped to the claims that the app sees. */
export interface ForeignClaimRules {
  /** The prefix of the subjects, unless a function maps them. */
  readonly name: string
  readonly subject: ((claims: FrozenObject) => unknown) | undefined
  /** Which claims are seen beside the registered ones and the scopes. */
  readonly claims: 'all' | readonly string[] | ((claims: FrozenObject) => unknown)
  readonly scopeClaims: readonly string[]
  /** The app accepts only tokens of this issuer, so its subjects need no prefix. */
  readonly isOnlyIssuer: boolean
}

/**
 * The claims as the app sees them, deeply frozen; `undefined` if the subject is not a string of 1 to 255 characters. Throws
 * the errors of the functions of the app, and a usage error if such a function does not return plain data.
 */
export function toAppClaims(claims: FrozenObject, rules: ForeignClaimRules): FrozenObject | undefined {
  const sub = subjectOf(claims, rules)
  if (typeof sub !== 'string' || sub.length < 1 || sub.length > 255) return undefined
  if (rules.claims === 'all') return sub === claims['sub'] ? claims : Object.freeze({ ...claims, sub })
  const seen = [...REGISTERED_CLAIMS, ...rules.scopeClaims]
  if (typeof rules.claims !== 'function') {
    return Object.freeze({ ...pick(claims, [...seen, ...rules.claims]), sub })
  }
  const added = plainObject(rules.claims(claims), {
    code: 'claims_invalid',
    name: 'the result of the function claims of the option issuers',
    member: 'claim',
  })
  const custom = Object.entries(added).filter(([name]) => !REGISTERED_CLAIMS.has(name))
  return deepFreeze({ ...pick(claims, seen), ...Object.fromEntries(custom), sub })
}

function subjectOf(claims: FrozenObject, { name, subject, isOnlyIssuer }: ForeignClaimRules): unknown {
  if (subject !== undefined) return subject(claims)
  return isOnlyIssuer ? claims['sub'] : `${name}|${String(claims['sub'])}`
}

function pick(claims: FrozenObject, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => names.includes(name)))
}
