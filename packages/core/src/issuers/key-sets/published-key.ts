import type { RingKey } from '../../keys/import-key.js'

/** A key of an issuer's set. */
export interface PublishedKey {
  readonly key: RingKey
  /** As it was published. A key without one serves only tokens without one. */
  readonly kid: string | undefined
  /** Which of the configured issuers it serves. */
  readonly issuers: readonly string[]
  /** From the certificate, in milliseconds since the epoch. */
  readonly validity: { readonly from: number; readonly to: number } | undefined
  /** What it was read from: while that stays the same, the key is not read again. */
  readonly source: string
}

/** What an issuer's option says about its keys. */
export interface KeyRules {
  readonly issuers: readonly string[]
  readonly algorithms: readonly string[]
}
