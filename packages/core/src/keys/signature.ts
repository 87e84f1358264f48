import {
  constants,
  type KeyObject,
  sign as cryptoSign,
  timingSafeEqual,
  verify as cryptoVerify,
} from 'node:crypto'
import { type Algorithm, algorithmSpec } from './algorithms.js'
import { decodeBase64Url } from './base64url.js'
import { hmac } from './hmac.js'

/** Signs `input` (ASCII: the header and the payload of a compact JWS). Returns the signature in base64url. */
export type Sign = (input: string) => string
/** The same outside this process. Rejects with `keys_unavailable`. */
export type SignOutside = (input: string) => Promise<string>
/** Whether `signature` (base64url) is this key's signature of `input`. Never throws. */
export type Verify = (input: string, signature: string) => boolean

/** Returns functions that use a prepared key, so that no key is parsed per token. */
export function hmacSignature(algorithm: Algorithm, secret: Uint8Array): { sign: Sign; verify: Verify } {
  const spec = algorithmSpec(algorithm)
  if (spec.family !== 'hmac') throw new TypeError(`${algorithm} is not an HMAC algorithm.`)
  const sign: Sign = hmac(spec.hash, secret)
  const verify: Verify = (input, signature) => {
    // Compares the base64url strings, not the bytes, so another encoding of the same bytes is refused.
    const expected = Buffer.from(sign(input), 'utf8')
    const given = Buffer.from(signature, 'utf8')
    return expected.length === given.length && timingSafeEqual(expected, given)
  }
  return { sign, verify }
}

export function asymmetricSign(algorithm: Algorithm, privateKey: KeyObject): Sign {
  const { hash, key } = cryptoArguments(algorithm, privateKey)
  return (input) => cryptoSign(hash, Buffer.from(input, 'utf8'), key).toString('base64url')
}

export function asymmetricVerify(algorithm: Algorithm, publicKey: KeyObject): Verify {
  const { hash, key, signatureBytes } = cryptoArguments(algorithm, publicKey)
  return (input, signature) => {
    const bytes = decodeBase64Url(signature)
    if (bytes?.length !== signatureBytes) return false
    return cryptoVerify(hash, Buffer.from(input, 'utf8'), key, bytes)
  }
}

/** The length of one signature in a token, in bytes. */
export function signatureLength(algorithm: Algorithm, publicKey: KeyObject): number {
  return cryptoArguments(algorithm, publicKey).signatureBytes
}

function cryptoArguments(algorithm: Algorithm, key: KeyObject) {
  const spec = algorithmSpec(algorithm)
  switch (spec.family) {
    case 'rsa':
      return {
        hash: spec.hash,
        key: spec.pss
          ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: spec.hashBytes }
          : { key, padding: constants.RSA_PKCS1_PADDING },
        signatureBytes: Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8),
      }
    case 'ec':
      // RFC 7518 section 3.4: R and S side by side, not DER.
      return {
        hash: spec.hash,
        key: { key, dsaEncoding: 'ieee-p1363' as const },
        signatureBytes: spec.signatureBytes,
      }
    case 'ed25519':
      return { hash: null, key, signatureBytes: spec.signatureBytes }
    case 'hmac':
      throw new TypeError(`${algorithm} needs a secret.`)
  }
}
