import type { JsonWebKey, KeyObject } from 'node:crypto'
import type { Algorithm } from './algorithms.js'

/** PEM text (PKCS#8, PKCS#1, SEC1, SPKI), a JWK, or a `KeyObject` of node:crypto. */
export type KeyMaterial = string | JsonWebKey | KeyObject

/**
 * A key of the app's own. It serves exactly the one `algorithm`. `kid` names it in token headers (1 to 255
 * characters); by default a JWK's own `kid`, else the RFC 7638 thumbprint, and for secrets a derived name that says
 * nothing about the secret.
 */
export type JwtKey =
  | {
      readonly algorithm: 'HS256' | 'HS384' | 'HS512'
      /** At least as long as the hash: 32, 48 or 64 bytes. Text is taken as UTF-8. */
      readonly secret: string | Uint8Array
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
      /** Verifies only: for a key that another service signs with, or one on its way out. */
      readonly publicKey: KeyMaterial
      readonly kid?: string | undefined
    }
