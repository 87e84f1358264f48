import { JwtAuthError } from '../errors/jwt-auth.error.js'
import type { RingKey } from '../keys/import-key.js'
import { checkClaims, checkDates, type ClaimRules } from '../token/check-claims.js'
import { JwsVerifier } from '../token/jws-verifier.js'
import type { FrozenObject } from '../token/strict-json.js'
import type { AcceptedToken, SignedToken, TokenOrigin, TokenSource } from '../token/token-source.js'
import type { LegacyTokensOptions } from './legacy-options.js'

/** The option `legacyTokens`, checked and converted. */
export interface LegacyTokenRules {
  readonly key: RingKey
  /** Milliseconds since the epoch. */
  readonly until: number
  readonly accept: LegacyTokensOptions['accept']
}

const LEGACY: TokenOrigin = Object.freeze({ kind: 'legacy' })

/** Accepts access tokens that the former code of this app signed. */
export class LegacyTokens implements TokenSource {
  readonly jws: JwsVerifier
  /** The app may look up in `accept` whether its former code has revoked a token. */
  readonly mustAcceptEachUse = true

  /** `onAcceptError`: called with the error that `accept` threw. */
  constructor(
    private readonly legacy: LegacyTokenRules,
    private readonly own: ClaimRules,
    private readonly onAcceptError: (error: unknown) => void,
  ) {
    const { key } = legacy
    this.jws = new JwsVerifier({ find: (kid) => (kid === undefined ? key : undefined) })
  }

  async accept(token: SignedToken): Promise<AcceptedToken> {
    const { header, claims, kind, now } = token
    if (kind !== 'access') throw wrongType('a legacy token is accepted only as an access token')
    if (!isLegacyType(header.typ)) throw wrongType('typ of a legacy token is neither JWT nor absent')
    const mapped = asOwnClaims(claims)
    checkClaims(mapped, 'access', this.rulesFor(mapped), now)
    this.checkUntil(now)
    if (!(await this.isAccepted(token))) {
      throw new JwtAuthError('token_claims_invalid', { reason: 'legacyTokens.accept did not return true' })
    }
    return { claims: this.capped(mapped), origin: LEGACY }
  }

  recheck(claims: FrozenObject, now: number): void {
    this.checkUntil(now)
    checkDates(claims, this.own.clockTolerance, now)
  }

  private async isAccepted({ text: token, claims, header, isForExchange }: SignedToken): Promise<boolean> {
    try {
      const purpose = isForExchange ? 'exchange' : 'access'
      const answer: unknown = await this.legacy.accept(claims, Object.freeze({ header, token, purpose }))
      return answer === true
    } catch (error) {
      this.onAcceptError(error)
      return false
    }
  }

  /** Former code often set neither `iss` nor `aud`. If they are there, they must be ours (RFC 7519 section 4.1.3). */
  private rulesFor(claims: FrozenObject): ClaimRules {
    const { issuers, audience } = this.own
    return {
      ...this.own,
      issuers: claims['iss'] === undefined ? undefined : issuers,
      audience: claims['aud'] === undefined ? undefined : audience,
      requiredClaims: REQUIRED,
    }
  }

  private checkUntil(now: number): void {
    if (now < this.legacy.until) return
    throw new JwtAuthError('token_expired', { reason: 'the date of legacyTokens.until has passed' })
  }

  /** Connections and streams end with the `exp` of their token. */
  private capped(claims: FrozenObject & { readonly exp?: number }): FrozenObject {
    const { exp = 0 } = claims
    return Object.freeze({ ...claims, exp: Math.min(exp, Math.floor(this.legacy.until / 1000)) })
  }
}

const NAMES = ['sub', 'exp']
const REQUIRED: ClaimRules['requiredClaims'] = { access: NAMES, refresh: NAMES, 'one-time': NAMES }

/** RFC 7519 section 5.1 recommends upper case, for compatibility with former code. */
function isLegacyType(typ: string | undefined): boolean {
  return typ === undefined || typ === 'JWT'
}

/**
 * The claims with a subject as our own tokens have it, and without `jti`, `sid` and `auth_time`, which the former code
 * did not use as we do. A number beyond 2^53 has lost digits, so it could be the id of another user; it stays a number,
 * and is then refused.
 */
function asOwnClaims(claims: FrozenObject): FrozenObject {
  const { sub, jti: _jti, sid: _sid, auth_time: _authTime, ...others } = claims
  const subject = Number.isSafeInteger(sub) ? String(sub) : sub
  return { ...others, ...(sub === undefined ? {} : { sub: subject }) }
}

function wrongType(reason: string): JwtAuthError<'token_wrong_type'> {
  return new JwtAuthError('token_wrong_type', { reason })
}
