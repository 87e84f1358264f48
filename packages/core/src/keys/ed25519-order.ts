import type { KeyObject } from 'node:crypto'

/** RFC 8032 section 5.1: the field, and the curve −x² + y² = 1 + d·x²·y² with d = −121665 / 121666. */
const P = 2n ** 255n - 19n

/**
 * Whether an Ed25519 public key is one of the eight points of small order, in any encoding. Under such a key a
 * signature can be forged without knowing any secret.
 *
 * By the addition law, y is ±1 where the order is 1 or 2, and 0 where it is 4. A point of order 8 doubles to one of
 * order 4, which is so where x² = −y²; put into the equation of the curve, that is d·y⁴ + 2·y² − 1 = 0.
 */
export function hasSmallOrder(publicKey: KeyObject): boolean {
  const { x = '' } = publicKey.export({ format: 'jwk' })
  const bigEndian = Buffer.from(Buffer.from(x, 'base64url').toReversed())
  const encoded = BigInt(`0x${bigEndian.toString('hex')}`)
  // The highest bit is the sign of x. Non-canonical encodings, with y not below the prime, are reduced.
  const y = (encoded % 2n ** 255n) % P
  const squared = (y * y) % P
  const isOfOrder8 = (121_666n * (2n * squared - 1n) - 121_665n * squared * squared) % P === 0n
  return y === 0n || squared === 1n || isOfOrder8
}
