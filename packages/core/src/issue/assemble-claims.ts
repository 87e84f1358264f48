import { JwtAuthUsageError } from '../errors/usage.error.js'
import type { RegisteredClaims } from '../register.js'
import { customClaims } from '../token/check-claims.js'
import type { PlainObject } from '../token/plain-data.js'
import { satisfies } from '../token/standard-schema.js'
import type { TokenKind } from '../token/token-kind.js'
import type { ClaimsLoader, ClaimsLoaderContext } from './claims-loader.js'
import { loadedClaims, mergeClaims, refuseReserved } from './custom-claims.js'
import type { IssueRules } from './issue-rules.js'
import { refuseUnusable } from './refuse-unusable.js'

/** What one token's claims are made from. */
export interface ClaimsSource {
  readonly kind: TokenKind
  /** What the library sets; members that are `undefined` are left out. */
  readonly registered: Readonly<Record<keyof RegisteredClaims, unknown>>
  /** What was given to `issue`. */
  readonly identity: unknown
  readonly loader: ClaimsLoader | undefined
  /** From `options.claims`. */
  readonly given: PlainObject
}

/**
 * The claims of one token: the registered claims, then those of the loader, then those given. Later ones win. Throws
 * usage errors, so that no token is
 * signed that every verifier would refuse.
 */
export async function assembleClaims(source: ClaimsSource, rules: IssueRules): Promise<PlainObject> {
  const claims =
    rules.claimsMode === 'replace' && source.kind === 'access' && source.loader !== undefined
      ? await replacedClaims(source, source.loader)
      : await extendedClaims(source, rules.claimsMode)
  refuseUnusable(claims)
  if (source.kind === 'access') await checkConfigured(claims, rules)
  return claims
}

async function extendedClaims(source: ClaimsSource, mode: IssueRules['claimsMode']): Promise<PlainObject> {
  const { kind, registered, given, loader } = source
  const answer = loader === undefined ? NOTHING : await load(loader, source, mergeClaims(registered))
  // With `replace`, the loader returns the payload of an access token. A refresh token gets only its custom claims.
  const loaded = mode === 'replace' ? customClaims(answer) : answer
  refuseReserved(loaded, 'The claims loader')
  if (kind === 'access') return mergeClaims(registered, loaded, given)
  // A refresh token is for this app and valid immediately, whatever the access token says.
  const { aud: _aud, nbf: _nbf, ...custom } = mergeClaims(loaded, given)
  return mergeClaims(registered, custom)
}

async function replacedClaims(source: ClaimsSource, loader: ClaimsLoader): Promise<PlainObject> {
  const claims = await load(loader, source, mergeClaims(source.registered, source.given))
  if (typeof claims['sub'] !== 'string' || typeof claims['exp'] !== 'number') {
    throw new JwtAuthUsageError(
      'claims_loader_invalid',
      "With claimsMode: 'replace' the claims loader must return a string `sub` and a numeric `exp`.",
    )
  }
  const { sub, sid } = source.registered
  // A session is found by its subject, so every request with such a token would be refused.
  if (sid !== undefined && claims['sid'] === sid && claims['sub'] !== sub) {
    throw new JwtAuthUsageError(
      'claims_loader_invalid',
      "With claimsMode: 'replace' the claims loader must not return the `sid` of a session with another `sub`. " +
        'Return `context.claims.sub`, or leave out `sid`.',
    )
  }
  return claims
}

/** What the loader returns for a token whose claims are `soFar`, a copy that the loader may keep. */
async function load(
  loader: ClaimsLoader,
  { kind, identity }: ClaimsSource,
  soFar: Record<string, unknown>,
): Promise<PlainObject> {
  const claims = soFar as unknown as ClaimsLoaderContext['claims']
  return loadedClaims(await loader.loadClaims(identity, { kind, claims }))
}

const NOTHING: PlainObject = Object.freeze({})

/** Checks what a verifier with the same options requires of an access token. */
async function checkConfigured(claims: PlainObject, { requiredClaims, schema }: IssueRules): Promise<void> {
  const missing = requiredClaims.find((name) => !Object.hasOwn(claims, name))
  if (missing !== undefined) {
    throw new JwtAuthUsageError(
      'claims_invalid',
      `The claim "${missing}" is missing, but \`requiredClaims\` requires it. Return it from the claims loader, or give it in options.claims.`,
    )
  }
  if (schema !== undefined && !(await satisfies(schema, customClaims(claims)))) {
    throw new JwtAuthUsageError('claims_invalid', 'The custom claims do not satisfy `claimsSchema`.')
  }
}
