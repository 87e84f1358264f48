import type { JwtClaims } from '../register.js'
import { JwtAuthError } from '../errors/jwt-auth.error.js'
import { JwtAuthUsageError } from '../errors/usage.error.js'
import { isSameKey } from '../keys/same-key.js'
import type { RingKey } from '../keys/import-key.js'
import type { Clock } from '../time/clock.js'
import { type CompactJws, decodeHeader, type JoseHeader, splitCompactJws } from './compact-jws.js'
import { unknownKey } from './jws-verifier.js'
import type { FrozenObject } from './strict-json.js'
import { MAX_FOREIGN_HEADER_LENGTH, TOKEN_TYPES, type TokenKind, type VerifiedKind } from './token-kind.js'
import type { TokenOrigin } from './token-source.js'
import type { TokenSources } from './token-sources.js'
import { digestOf, type RememberedToken, VerifiedTokenCache } from './verified-token-cache.js'

declare const verified: unique symbol

/** A token whose signature, type and claims are valid. Header and claims are deeply frozen. */
export interface VerifiedToken {
  readonly kind: VerifiedKind
  readonly header: JoseHeader
  readonly claims: JwtClaims
  /** Absent for a token of this app. */
  readonly origin?: TokenOrigin
  /** Only a verifier makes one. */
  readonly [verified]: true
}

/** The decoded header and claims of a token. Only the format was checked: for debugging, never for decisions. */
export interface UnverifiedToken {
  readonly header: JoseHeader
  readonly claims: FrozenObject
}

/**
 * Verifies tokens in the compact serialization of JWS: the signature before any claim, with the algorithm of the key,
 * not of the token (RFC 8725 sections 3.1, 3.2).
 */
export class TokenVerifier {
  /** Verified access tokens. The other kinds are used once, so they are not remembered. */
  private readonly cache: VerifiedTokenCache | undefined
  /** The key that verified each foreign token: an issuer may withdraw a key and give its `kid` to another one. */
  private readonly foreignKeys = new WeakMap<VerifiedToken, RingKey>()

  /** `maxRemembered`: how many valid tokens are remembered; 0 switches that off. */
  constructor(
    private readonly sources: TokenSources,
    private readonly clock: Clock,
    maxRemembered: number,
  ) {
    this.cache = maxRemembered > 0 ? new VerifiedTokenCache(maxRemembered) : undefined
  }

  /**
   * Throws `token_malformed`, `token_signature_invalid` or `keys_unavailable`, then `token_wrong_type`, then
   * `token_expired`, `token_not_active` or `token_claims_invalid`.
   */
  async verify(text: string, kind: TokenKind): Promise<VerifiedToken> {
    const reading = this.refreshKeysIfStale()
    if (reading !== undefined) await reading
    const jws = splitCompactJws(text)
    if (kind === 'refresh') return (await this.check(jws, kind, TOKEN_TYPES.refresh)).token
    if (kind !== 'access') {
      throw new JwtAuthUsageError('kind_invalid', "`options.kind` must be 'access' or 'refresh'.")
    }
    const digest = this.cache && digestOf(text)
    const known = digest === undefined ? undefined : this.findRemembered(digest)
    if (known !== undefined) return known.token
    // What cannot change with time is checked only once per remembered token.
    const fresh = await this.check(jws, kind, TOKEN_TYPES.access)
    if (digest !== undefined && fresh.source.mustAcceptEachUse !== true) this.cache?.set(digest, fresh)
    return fresh.token
  }

  /** Like `verify`, for an access token that is exchanged for a session instead of giving access. */
  async verifyForExchange(text: string): Promise<VerifiedToken> {
    await this.refreshKeysIfStale()
    return (await this.check(splitCompactJws(text), 'access', TOKEN_TYPES.access, true)).token
  }

  /** Like `verify`, for a one-time token of this purpose. */
  async verifyOneTime(text: string, purpose: string): Promise<VerifiedToken> {
    await this.refreshKeysIfStale()
    return (await this.check(splitCompactJws(text), 'one-time', `${purpose}+jwt`)).token
  }

  /**
   * Checks again what time can change of a token that was verified here or in another instance: its dates, and whether its
   * key still verifies. Throws `token_signature_invalid`, `keys_unavailable`, `token_expired` or `token_not_active`.
   */
  async recheck(token: VerifiedToken): Promise<void> {
    await this.refreshKeysIfStale()
    const { claims, header, origin } = token
    const source = this.sources.of(origin)
    if (source === undefined) throw unknownKey(header.kid)
    const key = source.jws.findKey(header) ?? (await source.jws.fetchKey(header))
    if (!this.isKeyOf(token, key)) throw unknownKey(header.kid)
    this.noteKey(token, key)
    source.recheck(claims, this.clock.now())
  }

  /** Whether the key that has verified a token still verifies tokens. Looked up in memory. */
  hasKeyOf(token: VerifiedToken): boolean {
    const key = this.sources.of(token.origin)?.jws.findKey(token.header)
    return key !== undefined && this.isKeyOf(token, key)
  }

  private isKeyOf(token: VerifiedToken, key: RingKey): boolean {
    const known = this.foreignKeys.get(token)
    return known === undefined || known === key || isSameKey(known, key)
  }

  private noteKey(token: VerifiedToken, key: RingKey): void {
    if (token.origin?.kind === 'foreign' && !this.foreignKeys.has(token)) this.foreignKeys.set(token, key)
  }

  /**
   * Checks only the signature of a token of this app, not type, dates and claims: enough to revoke a token, never to accept
   * it. Throws `token_wrong_type` for a legacy token and for one of another issuer.
   */
  async verifySignature(text: string): Promise<UnverifiedToken> {
    await this.refreshKeysIfStale()
    const jws = splitCompactJws(text)
    const source = this.sources.choose(jws)
    const { header } = await source.jws.verify(jws)
    if (source !== this.sources.own) {
      throw new JwtAuthError('token_wrong_type', { reason: 'the token is not one that this app issues' })
    }
    return { header, claims: jws.claims() }
  }

  /** Reads the keys of this app again if they may be outdated, so that revoked keys are not used. */
  private refreshKeysIfStale(): Promise<void> | undefined {
    return this.sources.own.jws.refreshKeysIfStale()
  }

  /** Checks key and dates again each time. A token that is no longer valid is forgotten. */
  private findRemembered(digest: string): RememberedToken | undefined {
    const known = this.cache?.get(digest)
    if (known === undefined) return undefined
    const { token, key, source } = known
    try {
      if (source.jws.findKey(token.header) === key) {
        source.recheck(token.claims, this.clock.now())
        return known
      }
    } catch (error) {
      this.cache?.delete(digest)
      throw error
    }
    this.cache?.delete(digest)
    return undefined
  }

  private async check(
    jws: CompactJws,
    kind: VerifiedKind,
    typ: string,
    isForExchange = false,
  ): Promise<RememberedToken> {
    const source = this.sources.choose(jws)
    const header = source.jws.headerOf(jws)
    const key = source.jws.findKey(header) ?? (await source.jws.fetchKey(header))
    source.jws.checkSignature(jws, header, key)
    const claims = jws.claims()
    const accepting = source.accept({
      text: jws.text,
      header,
      claims,
      key,
      kind,
      typ,
      isForExchange,
      now: this.clock.now(),
    })
    const accepted = accepting instanceof Promise ? await accepting : accepting
    const token = Object.freeze({ kind, header, ...accepted }) as unknown as VerifiedToken
    this.noteKey(token, key)
    return { token, key, source }
  }
}

export function decodeUnverified(token: string): UnverifiedToken {
  const jws = splitCompactJws(token)
  return Object.freeze({
    header: decodeHeader(jws.headerText, MAX_FOREIGN_HEADER_LENGTH),
    claims: jws.claims(),
  })
}
