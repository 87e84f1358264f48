import { refusePromise } from '../errors/refuse-promise.js'
import { customClaims, REGISTERED_CLAIMS } from '../token/check-claims.js'
import { plainObject } from '../token/plain-data.js'
import { isScope, scopesIn } from '../token/scopes.js'
import { deepFreeze, type FrozenObject } from '../token/strict-json.js'

/** How the claims in a token of another issuer are mapped to the claims that the app sees. */
export interface ForeignClaimRules {
  /** The prefix of the subjects, unless a function maps them. */
  readonly name: string
  readonly subject: ((claims: FrozenObject) => unknown) | undefined
  /** Which claims are seen beside the registered ones and the scopes. */
  readonly claims: 'all' | readonly string[] | ((claims: FrozenObject) => unknown)
  /** The claims of the token that hold its scopes. */
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
  if (showsClaimsUnchanged(rules)) {
    return sub === claims['sub'] ? claims : Object.freeze({ ...claims, sub })
  }
  const shown = claimsShown(claims, rules)
  const scopes = new Set(scopesIn({ ...claims, ...shown }, rules.scopeClaims).filter(isScope))
  const { scope: _scope, ...others } = shown
  const scope = scopes.size === 0 ? {} : { scope: [...scopes].join(' ') }
  return Object.freeze({ ...pick(claims, [...REGISTERED_CLAIMS]), ...others, ...scope, sub })
}

/** Only in an app that accepts no other tokens: its policies were written for these claims. */
export function showsClaimsUnchanged({ claims, isOnlyIssuer }: ForeignClaimRules): boolean {
  return isOnlyIssuer && claims === 'all'
}

function subjectOf(claims: FrozenObject, { name, subject, isOnlyIssuer }: ForeignClaimRules): unknown {
  if (subject === undefined) return isOnlyIssuer ? claims['sub'] : `${name}|${String(claims['sub'])}`
  const sub = subject(claims)
  refusePromise(sub, 'subject_invalid', 'The function subject of the option issuers')
  return sub
}

/** The claims that the option lets through. */
function claimsShown(claims: FrozenObject, { claims: shown }: ForeignClaimRules): Record<string, unknown> {
  if (shown === 'all') return claims
  if (typeof shown !== 'function') return pick(claims, shown)
  const result = shown(claims)
  refusePromise(result, 'claims_invalid', 'The function claims of the option issuers')
  const custom = plainObject(result, {
    code: 'claims_invalid',
    name: 'the result of the function claims of the option issuers',
    member: 'claim',
  })
  return deepFreeze(customClaims(custom))
}

function pick(claims: FrozenObject, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => names.includes(name)))
}
