import { JwtAuthUsageError } from '../errors/usage.error.js'
import type { TokenKind } from '../token/token-kind.js'
import { customClaims } from '../token/check-claims.js'
import { satisfies } from '../token/standard-schema.js'
import { asClaims, mergeClaims, refuseReserved } from './custom-claims.js'
import { refuseUnusable } from './refuse-unusable.js'
import type { ClaimsLoader } from './claims-loader.js'
import type { IssueRules } from './issue-rules.js'
import { toJson } from './to-json.js'

/** A claims set that is ready to be signed. */
export type ClaimsSet = Readonly<Record<string, unknown>>

/** What one token's claims are made from. */
export interface ClaimsSource {
  readonly kind: TokenKind
  /** What the library sets. */
  readonly registered: ClaimsSet
  /** What was given to `issue`. */
  readonly identity: unknown
  readonly loader: ClaimsLoader | undefined
  /** From `options.claims`. */
  readonly given: ClaimsSet
}

/** Registered < loader < given; ties go to the later. Throws usage errors, so that no bad token is ever signed. */
export async function assembleClaims(source: ClaimsSource, rules: IssueRules): Promise<ClaimsSet> {
  const claims =
    rules.claimsMode === 'replace' && source.kind === 'access' && source.loader !== undefined
      ? await replacedClaims(source, source.loader)
      : await extendedClaims(source, rules.claimsMode)
  refuseUnusable(claims)
  if (source.kind === 'access' && rules.schema && !(await satisfies(rules.schema, customAsSent(claims)))) {
    throw new JwtAuthUsageError('claims_invalid', 'The custom claims do not satisfy claimsSchema.')
  }
  return claims
}

async function extendedClaims(source: ClaimsSource, mode: IssueRules['claimsMode']): Promise<ClaimsSet> {
  const answer = await load(source, source.registered)
  // A loader that makes whole payloads makes them for access tokens: only its own claims feed a refresh token.
  const loaded = mode === 'replace' && source.loader !== undefined ? customClaims(answer) : answer
  refuseReserved(loaded)
  if (source.kind === 'access') return mergeClaims(source.registered, loaded, source.given)
  const custom = mergeClaims(loaded, source.given)
  // A refresh token is for this app and good at once, whatever the access token says.
  const { aud: _aud, nbf: _nbf, ...feedable } = custom
  return mergeClaims(source.registered, feedable)
}

async function replacedClaims(source: ClaimsSource, loader: ClaimsLoader): Promise<ClaimsSet> {
  const claims = mergeClaims(await load({ ...source, loader }, mergeClaims(source.registered, source.given)))
  if (typeof claims['sub'] !== 'string' || typeof claims['exp'] !== 'number') {
    throw new JwtAuthUsageError(
      'claims_loader_invalid',
      "With claimsMode: 'replace' the claims loader must return a string sub and a numeric exp.",
    )
  }
  return claims
}

async function load({ kind, identity, loader }: ClaimsSource, sofar: ClaimsSet): Promise<ClaimsSet> {
  if (loader === undefined) return {}
  return asClaims(await loader.loadClaims(identity, { kind, claims: { ...sofar } }), 'claims_loader_invalid')
}

/** The custom claims as whoever verifies the token will see them: a Date is a text by then, for instance. */
function customAsSent(claims: ClaimsSet): ClaimsSet {
  return customClaims(JSON.parse(toJson(claims, 'claims_invalid')) as ClaimsSet)
}
