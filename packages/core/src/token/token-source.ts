import type { RingKey } from '../keys/import-key.js'
import type { VerifiedKind } from './token-kind.js'
import type { JoseHeader } from './compact-jws.js'
import type { FrozenObject } from './strict-json.js'
import type { JwsVerifier } from './jws-verifier.js'

/** Who signed a token that is not one of the current tokens of this app. */
export interface TokenOrigin {
  /** `'foreign'`: another issuer. `'legacy'`: the former code of this app. */
  readonly kind: 'foreign' | 'legacy'
  /** The `iss` of a foreign token. */
  readonly issuer?: string
  /** The claims that hold the scopes of a foreign token. */
  readonly scopeClaims?: readonly string[]
}

/** A token whose signature is valid, and what it must be. */
export interface SignedToken {
  readonly text: string
  readonly header: JoseHeader
  readonly claims: FrozenObject
  readonly key: RingKey
  /** The kind that the caller requires. */
  readonly kind: VerifiedKind
  /** Whether it is exchanged for a session instead of giving access. */
  readonly isForExchange: boolean
  /** The `typ` of tokens of this app of this kind. */
  readonly typ: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface AcceptedToken {
  /** The claims as handlers get them, deeply frozen. */
  readonly claims: FrozenObject
  /** Absent for a token of this app. */
  readonly origin?: TokenOrigin
}

/**
 * One issuer whose tokens are accepted: its keys, and the rules for its tokens. Implemented by `OwnTokens`,
 * `LegacyTokens` and `ForeignTokens`.
 */
export interface TokenSource {
  readonly jws: JwsVerifier
  /** `accept` must be called at every use of a token, because its result may change: verified tokens are not remembered. */
  readonly mustAcceptEachUse?: boolean
  /**
   * Checks everything but the signature: type, dates and claims. Throws `token_wrong_type`, `token_claims_invalid`,
   * `token_expired` or `token_not_active`.
   */
  accept(token: SignedToken): AcceptedToken | Promise<AcceptedToken>
  /** Checks again what can change with time. Throws `token_expired` or `token_not_active`. */
  recheck(claims: FrozenObject, now: number): void
}
