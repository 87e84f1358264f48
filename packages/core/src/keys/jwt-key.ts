import type { JsonWebKey, KeyObject } from 'node:crypto'
import type { Algorithm } from './algorithms.js'

/** PEM (PKCS#8, PKCS#1, SEC1, SPKI) as a string or as the bytes of a file, a JWK, or a `KeyObject` of node:crypto. */
export type KeyMaterial = string | Uint8Array | JsonWebKey | KeyObject

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
      /** Verifies only: for a key that another service signs with, or an old one. */
      readonly publicKey: KeyMaterial
      readonly kid?: string | undefined
    }
