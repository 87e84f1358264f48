import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import type { Algorithm, OutsideSigner } from '@nest-jwt-auth/core'
import { signDigest } from './sign-digest.js'

export type KeyPairAlgorithm = Exclude<Algorithm, 'HS256' | 'HS384' | 'HS512'>

export interface KeyPair {
  publicKey: KeyObject
  privateKey: KeyObject
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed25519 = generateKeyPairSync('ed25519')

export const keyPairs: Record<KeyPairAlgorithm, KeyPair> = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: ed25519,
  Ed25519: ed25519,
}

export const keyPairAlgorithms = Object.keys(keyPairs) as KeyPairAlgorithm[]

/** A KMS with one key: it gets the digest, or the whole input where there is none. */
export function kms(algorithm: KeyPairAlgorithm, { privateKey } = keyPairs[algorithm]): OutsideSigner {
  return (input, { digest }) =>
    Promise.resolve(
      digest === undefined ? sign(null, input, privateKey) : signDigest(algorithm, privateKey, digest),
    )
}
