import type { HmacHash } from './hmac.js'

/** The signature algorithms: RFC 7518 section 3, RFC 8037 section 3.1, RFC 9864 section 2.2. */
export type Algorithm =
  | 'HS256'
  | 'HS384'
  | 'HS512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'Ed25519'

/** What node:crypto needs for one algorithm, and which keys fit it. */
export type AlgorithmSpec =
  | { readonly family: 'hmac'; readonly hash: HmacHash; readonly hashBytes: number }
  | { readonly family: 'rsa'; readonly hash: string; readonly hashBytes: number; readonly pss: boolean }
  | { readonly family: 'ec'; readonly hash: string; readonly curve: string; readonly signatureBytes: number }
  | { readonly family: 'ed25519'; readonly signatureBytes: number }

const hmac = (hash: HmacHash, hashBytes: number): AlgorithmSpec => ({ family: 'hmac', hash, hashBytes })
const rsa = (hash: string, hashBytes: number, pss: boolean): AlgorithmSpec => ({
  family: 'rsa',
  hash,
  hashBytes,
  pss,
})
const ec = (hash: string, curve: string, signatureBytes: number): AlgorithmSpec => ({
  family: 'ec',
  hash,
  curve,
  signatureBytes,
})

const SPECS: Readonly<Record<Algorithm, AlgorithmSpec>> = {
  HS256: hmac('sha256', 32),
  HS384: hmac('sha384', 48),
  HS512: hmac('sha512', 64),
  RS256: rsa('sha256', 32, false),
  RS384: rsa('sha384', 48, false),
  RS512: rsa('sha512', 64, false),
  PS256: rsa('sha256', 32, true),
  PS384: rsa('sha384', 48, true),
  PS512: rsa('sha512', 64, true),
  ES256: ec('sha256', 'prime256v1', 64),
  ES384: ec('sha384', 'secp384r1', 96),
  ES512: ec('sha512', 'secp521r1', 132),
  EdDSA: { family: 'ed25519', signatureBytes: 64 },
  Ed25519: { family: 'ed25519', signatureBytes: 64 },
}

export const ALGORITHMS = Object.keys(SPECS) as readonly Algorithm[]

export function algorithmSpec(algorithm: Algorithm): AlgorithmSpec {
  return SPECS[algorithm]
}

export function isAlgorithm(value: unknown): value is Algorithm {
  return typeof value === 'string' && Object.hasOwn(SPECS, value)
}
