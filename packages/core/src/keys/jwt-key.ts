import type { JsonWebKey, KeyObject } from 'node:crypto'
import type { Algorithm } from './algorithms.js'

/** PEM (PKCS#8, PKCS#1, SEC1, SPKI) as a string or as the bytes of a file, a JWK, or a `KeyObject` of node:crypto. */
export type KeyMaterial = string | Uint8Array | JsonWebKey | KeyObject

/**
 * Signs with a private key that this process does not have: one call to a KMS or an HSM for each token. Resolves to the
 * signature: ECDSA in DER or as R and S side by side, RSA and EdDSA unchanged. It is also called at boot, and has 5 seconds
 * for each call. Every signature is checked with the public key. If the call fails, takes longer, or the signature does
 * not match, the error is
 * `keys_unavailable`, a 503.
 */
export type OutsideSigner = (input: Uint8Array, context: OutsideSignerContext) => Promise<Uint8Array>

/** The second argument of an outside signer. */
export interface OutsideSignerContext {
  /**
   * The hash of the input for the algorithm of the key: 32, 48 or 64 bytes. `undefined` for EdDSA, which signs the
   * input.
   */
  readonly digest: Uint8Array | undefined
  /** Aborts after 5 seconds, so that the call can be cancelled. */
  readonly signal: AbortSignal
}

/**
 * A key of the app's own, for exactly one `algorithm`. `kid` names it in token headers (1 to 255 characters). Default:
 * the `kid` of a JWK, else the RFC 7638 thumbprint, and for secrets a derived name that says nothing about the secret.
 */
export type JwtKey =
  | {
      /** The one algorithm that the key is used with. */
      readonly algorithm: 'HS256' | 'HS384' | 'HS512'
      /** At least as long as the hash: 32, 48 or 64 bytes. A string is taken as UTF-8. */
      readonly secret: string | Uint8Array
      /** Names the key in token headers. */
      readonly kid?: string | undefined
    }
  | {
      readonly algorithm: Exclude<Algorithm, 'HS256' | 'HS384' | 'HS512'>
      /** Signs and verifies. */
      readonly privateKey: KeyMaterial
      readonly kid?: string | undefined
    }
  | {
      readonly algorithm: Exclude<Algorithm, 'HS256' | 'HS384' | 'HS512'>
      /** Verifies. Without `sign`, it is for a key that another service signs with, or an old one. */
      readonly publicKey: KeyMaterial
      /** Signs where the private key is: in a KMS or an HSM. */
      readonly sign?: OutsideSigner | undefined
      readonly kid?: string | undefined
    }
