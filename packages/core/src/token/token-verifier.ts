import type { JwtClaims } from '../register.js'
import { JwtAuthError } from '../errors/jwt-auth.error.js'
import { JwtAuthUsageError } from '../errors/usage.error.js'
import type { KeyFinder } from '../keys/key-ring.js'
import type { Clock } from '../time/clock.js'
import { TOKEN_TYPES, type TokenKind, type VerifiedKind } from './token-kind.js'
import { checkClaims, type ClaimRules, checkSchema, dateObjection } from './check-claims.js'
import {
  checkSize,
  decodeHeader,
  decodePayload,
  type JoseHeader,
  parseClaims,
  splitCompactJws,
} from './compact-jws.js'
import { JwsVerifier } from './jws-verifier.js'
import type { FrozenObject } from './strict-json.js'
import { digestOf, type RememberedToken, VerifiedTokenCache } from './verified-token-cache.js'

declare const verified: unique symbol

/** A token whose signature, type and claims are valid. Header and claims are deeply frozen. */
export interface VerifiedToken {
  readonly kind: VerifiedKind
  readonly header: JoseHeader
  readonly claims: JwtClaims
  /** Only a verifier makes one. */
  readonly [verified]: true
}

/** The decoded header and claims of a token. Only the format was checked: for debugging, never for decisions. */
export interface UnverifiedToken {
  readonly header: JoseHeader
  readonly claims: FrozenObject
}

/** Compact JWS only, strictly: signature before any claim, the algorithm from the key (RFC 8725 sections 3.1, 3.2). */
export class TokenVerifier {
  private readonly jws: JwsVerifier
  /** Only for access tokens, because the other kinds are used once. */
  private readonly passed: VerifiedTokenCache | undefined

  /** `maxRemembered`: how many valid tokens are remembered; 0 switches that off. */
  constructor(
    private readonly keys: KeyFinder,
    private readonly rules: ClaimRules,
    private readonly clock: Clock,
    maxRemembered: number,
  ) {
    this.jws = new JwsVerifier(keys)
    this.passed = maxRemembered > 0 ? new VerifiedTokenCache(maxRemembered) : undefined
  }

  /** Throws `token_malformed`, `token_signature_invalid`, then `token_wrong_type`, then what the claims are refused for. */
  async verify(text: string, kind: TokenKind): Promise<VerifiedToken> {
    if (kind === 'refresh') return this.check(text, kind, TOKEN_TYPES.refresh).token
    if (kind !== 'access') {
      throw new JwtAuthUsageError('kind_invalid', "`options.kind` must be 'access' or 'refresh'.")
    }
    checkSize(text)
    const digest = this.passed && digestOf(text)
    const known = digest === undefined ? undefined : this.recall(digest)
    if (known !== undefined) return known.token
    const fresh = this.check(text, kind, TOKEN_TYPES.access)
    // Checked only once per remembered token, like everything that cannot change with time.
    if (this.rules.schema !== undefined) await checkSchema(fresh.token.claims, this.rules.schema)
    if (digest !== undefined) this.passed?.set(digest, fresh)
    return fresh.token
  }

  /** Like `verify`, for a one-time token of this purpose. */
  async verifyOneTime(text: string, purpose: string): Promise<VerifiedToken> {
    return this.check(text, 'one-time', `${purpose}+jwt`).token
  }

  /**
   * Checks again what time can change of a token that was verified here: its dates, and whether its key still verifies.
   * Throws `token_signature_invalid`, `token_expired` or `token_not_active`.
   */
  recheck({ claims, header }: VerifiedToken): void {
    this.jws.keyOf(header)
    const objection = dateObjection(claims, this.rules.clockTolerance, this.clock.now())
    if (objection === undefined) return
    throw new JwtAuthError(objection.code, { reason: objection.reason, jti: claims.jti })
  }

  /** Checks only the signature, not type, dates and claims: enough to revoke a token, never to accept it. */
  verifySignature(text: string): UnverifiedToken {
    const { header, payload } = this.jws.verify(text)
    return { header, claims: parseClaims(payload) }
  }

  /** Checks key and dates again each time. A token that is no longer valid is forgotten; `verify` then refuses it. */
  private recall(digest: string): RememberedToken | undefined {
    const known = this.passed?.get(digest)
    if (known === undefined) return undefined
    const { token, key } = known
    const stands =
      this.keys.find(key.kid) === key &&
      dateObjection(token.claims, this.rules.clockTolerance, this.clock.now()) === undefined
    if (stands) return known
    this.passed?.delete(digest)
    return undefined
  }

  private check(text: string, kind: VerifiedKind, typ: string): RememberedToken {
    const { header, key, payload } = this.jws.verify(text)
    const claims = parseClaims(payload)
    if (header.typ !== typ) throw new JwtAuthError('token_wrong_type', { reason: `typ is not ${typ}` })
    checkClaims(claims, kind, this.rules, this.clock.now())
    return { token: Object.freeze({ kind, header, claims }) as unknown as VerifiedToken, key }
  }
}

export function decodeUnverified(token: string): UnverifiedToken {
  const { headerText, payloadText } = splitCompactJws(token)
  return Object.freeze({ header: decodeHeader(headerText), claims: parseClaims(decodePayload(payloadText)) })
}
