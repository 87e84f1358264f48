import { JwtAuthError } from '../errors/jwt-auth.error.js'
import type { ChangingKeys } from '../keys/key-ring.js'
import { checkClaims, type ClaimRules, checkDates, checkSchema } from './check-claims.js'
import { JwsVerifier } from './jws-verifier.js'
import type { FrozenObject } from './strict-json.js'
import type { AcceptedToken, SignedToken, TokenSource } from './token-source.js'

/** Accepts the tokens that this app issues. */
export class OwnTokens implements TokenSource {
  readonly jws: JwsVerifier

  constructor(
    keys: ChangingKeys,
    private readonly rules: ClaimRules,
  ) {
    this.jws = new JwsVerifier(keys)
  }

  accept(token: SignedToken): AcceptedToken | Promise<AcceptedToken> {
    const { header, claims, kind, typ, now } = token
    if (header.typ !== typ) throw new JwtAuthError('token_wrong_type', { reason: `typ is not ${typ}` })
    checkClaims(claims, kind, this.rules, now)
    const { schema } = this.rules
    if (kind !== 'access' || schema === undefined) return { claims }
    return checkSchema(claims, schema).then(() => ({ claims }))
  }

  recheck(claims: FrozenObject, now: number): void {
    checkDates(claims, this.rules.clockTolerance, now)
  }
}
