import type { RingKey } from '../keys/import-key.js'
import type { VerifiedKind } from './token-kind.js'
import type { JoseHeader } from './compact-jws.js'
import type { FrozenObject } from './strict-json.js'
import type { JwsVerifier } from './jws-verifier.js'

/** Where a token comes from that this app did not issue as it issues tokens now. */
export interface TokenOrigin {
  /** `'foreign'`: another issuer signed it. `'legacy'`: the former code of this app signed it. */
  readonly kind: 'foreign' | 'legacy'
  /** The `iss` of a foreign token. */
  readonly issuer?: string
  /** The claims of a foreign token that hold its scopes. */
  readonly scopeClaims?: readonly string[]
}

/** A token whose signature is good, and what it must be. */
export interface SignedToken {
  readonly text: string
  readonly header: JoseHeader
  readonly claims: FrozenObject
  readonly key: RingKey
  /** What the caller asked for. */
  readonly kind: VerifiedKind
  /** Whether it is to be exchanged for a session, and opens nothing itself. */
  readonly isForExchange: boolean
  /** The `typ` that this app gives such a token. */
  readonly typ: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface AcceptedToken {
  /** As the app sees them, deeply frozen. */
  readonly claims: FrozenObject
  /** Absent for a token of this app. */
  readonly origin?: TokenOrigin
}

/** One party whose tokens are accepted: its keys, and what its tokens must be like. */
export interface TokenSource {
  readonly jws: JwsVerifier
  /** `accept` is called at every use of a token, because what it answers may change. */
  readonly mustAcceptEachUse?: boolean
  /**
   * Checks everything but the signature: type, dates and claims. Throws `token_wrong_type`, `token_claims_invalid`,
   * `token_expired` or `token_not_active`.
   */
  accept(token: SignedToken): AcceptedToken | Promise<AcceptedToken>
  /** Checks again what time can change. Throws `token_expired` or `token_not_active`. */
  recheck(claims: FrozenObject, now: number): void
}
