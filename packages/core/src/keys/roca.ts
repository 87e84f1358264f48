import { createPublicKey, type KeyObject } from 'node:crypto'

const PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
  109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
]
const GENERATOR = 65_537

/**
 * Whether a chip with the ROCA vulnerability made this RSA key (Nemec and others, "The Return of Coppersmith's Attack",
 * 2017, section 5.1): such a modulus is a power of 65537 modulo every small prime. Fewer than one in 100 million other
 * moduli are.
 */
export function isRocaModulus(key: KeyObject): boolean {
  const { n = '' } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' })
  const modulus = BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`)
  return PRIMES.every((prime) => isPower(Number(modulus % BigInt(prime)), prime))
}

function isPower(residue: number, prime: number): boolean {
  let power = 1
  do {
    if (power === residue) return true
    power = (power * GENERATOR) % prime
  } while (power !== 1)
  return false
}
