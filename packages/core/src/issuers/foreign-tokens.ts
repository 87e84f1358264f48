import { JwtAuthError } from '../errors/jwt-auth.error.js'
import { refusePromise } from '../errors/refuse-promise.js'
import type { KeyFinder } from '../keys/key-ring.js'
import { checkClaims, type ClaimRules, checkDates, checkSchema } from '../token/check-claims.js'
import { JwsVerifier } from '../token/jws-verifier.js'
import type { FrozenObject } from '../token/strict-json.js'
import { MAX_FOREIGN_HEADER_LENGTH } from '../token/token-kind.js'
import type { AcceptedToken, SignedToken, TokenOrigin, TokenSource } from '../token/token-source.js'
import { type ForeignClaimRules, showsClaimsUnchanged, toAppClaims } from './foreign-claims.js'

/** The rules for the tokens of another issuer. */
export interface ForeignRules extends ForeignClaimRules {
  readonly claimRules: ClaimRules
  /** Normalized, `null` for a token without `typ`. */
  readonly tokenTypes: ReadonlySet<string | null>
  /** One of these must be `client_id` or, without that, `azp`; `undefined`: not checked. */
  readonly clients: readonly string[] | undefined
  readonly accept: ((claims: FrozenObject) => unknown) | undefined
}

/** Accepts the access tokens of another issuer, those with this one `iss`. Refuses all other kinds of tokens. */
export class ForeignTokens implements TokenSource {
  readonly jws: JwsVerifier
  private readonly origin: TokenOrigin

  /** `onError`: called with the error of a function of the app, after which the token is refused. */
  constructor(
    issuer: string,
    keys: KeyFinder,
    private readonly rules: ForeignRules,
    private readonly onError: (error: unknown) => void,
  ) {
    this.jws = new JwsVerifier(keys, MAX_FOREIGN_HEADER_LENGTH)
    const scopeClaims = showsClaimsUnchanged(rules) ? rules.scopeClaims : ['scope']
    this.origin = Object.freeze({ kind: 'foreign', issuer, scopeClaims })
  }

  accept({ header, claims, kind, now }: SignedToken): AcceptedToken | Promise<AcceptedToken> {
    const { tokenTypes, claimRules } = this.rules
    if (kind !== 'access') throw wrongType('tokens of other issuers are accepted only as access tokens')
    if (!tokenTypes.has(normalizedType(header.typ))) throw wrongType('typ is not one of tokenTypes')
    checkClaims(claims, kind, claimRules, now)
    this.checkClient(claims)
    const accepted = { claims: this.toAppClaims(claims), origin: this.origin }
    if (claimRules.schema === undefined) return accepted
    return checkSchema(accepted.claims, claimRules.schema).then(() => accepted)
  }

  recheck(claims: FrozenObject, now: number): void {
    checkDates(claims, this.rules.claimRules.clockTolerance, now)
  }

  private checkClient(claims: FrozenObject): void {
    const { clients } = this.rules
    if (clients === undefined) return
    const client = claims['client_id'] ?? claims['azp']
    if (!clients.some((one) => one === client))
      throw invalid(claims, 'client_id or azp is not one of clients')
  }

  /** Calls the functions of the app. Refuses the token if one throws, or returns no valid subject or claims. */
  private toAppClaims(claims: FrozenObject): FrozenObject {
    const { accept } = this.rules
    let reason = 'the function accept did not return true'
    try {
      const answer = accept === undefined || accept(claims)
      refusePromise(answer, 'claims_invalid', 'The function accept of the option issuers')
      if (answer === true) {
        const mapped = toAppClaims(claims, this.rules)
        if (mapped !== undefined) return mapped
        reason = 'the subject is not a string of 1 to 255 characters'
      }
    } catch (error) {
      this.onError(error)
      reason = 'a function of the option issuers threw an error'
    }
    throw invalid(claims, reason)
  }
}

/** RFC 7515 section 4.1.9 and RFC 2045 section 5.1: without case, and `application/` may be left out. */
export function normalizedType(typ: string | null | undefined): string | null {
  return typ?.toLowerCase().replace(/^application\//, '') ?? null
}

function wrongType(reason: string): JwtAuthError {
  return new JwtAuthError('token_wrong_type', { reason })
}

function invalid({ jti }: FrozenObject, reason: string): JwtAuthError {
  return new JwtAuthError('token_claims_invalid', { reason, jti: typeof jti === 'string' ? jti : undefined })
}
