import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { Algorithm, AlgorithmSpec } from './algorithms.js'
import { hasSmallOrder } from './ed25519-order.js'
import { KeyProblem } from './key-problem.js'
import { isRocaModulus } from './roca.js'

const MIN_RSA_BITS = 2048
/** FIPS 186-5 appendix A.1.1: odd, from 2^16 + 1 to 2^256. */
const EXPONENTS = { min: 65_537n, max: 2n ** 256n }

/**
 * Checks the type, the size and the curve that the algorithm needs (RFC 7518 sections 3.3 to 3.5). Throws a
 * `KeyProblem`.
 */
export function checkFit(algorithm: Algorithm, spec: AlgorithmSpec, key: KeyObject, field: string): void {
  const type = key.asymmetricKeyType
  const misfit = (problem: string, fix: string): KeyProblem => new KeyProblem(field, problem, fix)
  switch (spec.family) {
    case 'rsa':
      if (type === 'rsa-pss') {
        throw misfit(
          'The key is restricted to RSASSA-PSS, which a JWK cannot express',
          'Use a plain RSA key, which also works with the PS algorithms',
        )
      }
      if (type !== 'rsa')
        throw misfit(`The key is of type ${type}, but ${algorithm} needs an RSA key`, 'Use an RSA key')
      checkRsa(key, misfit)
      break
    case 'ec':
      if (type !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== spec.curve) {
        throw misfit(
          `The key does not fit ${algorithm}`,
          `Use an EC key on the curve ${spec.curve}, or the algorithm that fits the key`,
        )
      }
      break
    case 'ed25519':
      if (type !== 'ed25519') {
        throw misfit(
          `The key is of type ${type}, but ${algorithm} needs an Ed25519 key`,
          'Use an Ed25519 key',
        )
      }
      if (hasSmallOrder(key.type === 'private' ? createPublicKey(key) : key)) {
        throw misfit(
          'The public key is a point of small order, so anybody can forge signatures that it accepts',
          'Ask the owner of the key for another key',
        )
      }
      break
    case 'hmac':
      throw misfit(`The key does not fit ${algorithm}`, 'Set a secret')
  }
}

function checkRsa(key: KeyObject, misfit: (problem: string, fix: string) => KeyProblem): void {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < MIN_RSA_BITS) {
    throw misfit(`The RSA key has ${modulusLength} bits`, `Use a key of at least ${MIN_RSA_BITS} bits`)
  }
  if (publicExponent < EXPONENTS.min || publicExponent > EXPONENTS.max || publicExponent % 2n === 0n) {
    throw misfit('The RSA key has an unsafe public exponent', `Use a key with the exponent ${EXPONENTS.min}`)
  }
  if (isRocaModulus(key)) {
    throw misfit(
      'The RSA key was made by a chip with the ROCA vulnerability (CVE-2017-15361), so its private key can be computed',
      'Generate another key',
    )
  }
}

/**
 * Checks that `use`, `key_ops` and `alg` of a JWK allow the algorithm (RFC 7517 sections 4.2 to 4.4). Throws a
 * `KeyProblem`.
 */
export function checkJwk(algorithm: Algorithm, jwk: JsonWebKey, field: string): void {
  const op = field === 'privateKey' ? 'sign' : 'verify'
  if (jwk['alg'] !== undefined && jwk['alg'] !== algorithm) {
    throw new KeyProblem(
      field,
      `The "alg" of the JWK is not ${algorithm}`,
      'Change one of them so that they agree',
    )
  }
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') {
    throw new KeyProblem(
      field,
      'The JWK is not for signatures: its "use" is not "sig"',
      'Use a signature key',
    )
  }
  if (!allowsOperation(jwk['key_ops'], op)) {
    throw new KeyProblem(field, `The "key_ops" of the JWK do not include "${op}"`, 'Use a signature key')
  }
}

/** Whether `key_ops`, if a key has them, are a list of different strings with this one among them (RFC 7517 section 4.3). */
export function allowsOperation(operations: unknown, wanted: 'sign' | 'verify'): boolean {
  if (operations === undefined) return true
  if (!Array.isArray(operations) || !operations.includes(wanted)) return false
  const differs = new Set(operations).size === operations.length
  return differs && operations.every((operation) => typeof operation === 'string')
}
