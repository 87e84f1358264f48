import type { JsonWebKey, KeyObject } from 'node:crypto'
import type { Algorithm, AlgorithmSpec } from './algorithms.js'
import { KeyProblem } from './key-problem.js'
import { isRocaModulus } from './roca.js'

const MIN_RSA_BITS = 2048
/** FIPS 186-5 appendix A.1.1: odd, from 2^16 + 1 to 2^256. */
const EXPONENTS = { min: 65_537n, max: 2n ** 256n }

/** RFC 7518 sections 3.3 to 3.5: the type, the size and the curve that the algorithm asks for. */
export function checkFit(algorithm: Algorithm, spec: AlgorithmSpec, key: KeyObject, field: string): void {
  const type = key.asymmetricKeyType
  const misfit = (problem: string, fix: string): KeyProblem => new KeyProblem(field, problem, fix)
  switch (spec.family) {
    case 'rsa':
      if (type === 'rsa-pss') {
        throw misfit('is bound to RSASSA-PSS, which no JWK can say', 'Give a plain RSA key: it serves PS too')
      }
      if (type !== 'rsa') throw misfit(`is a key of type ${type}, not for ${algorithm}`, 'Give an RSA key')
      checkRsa(key, misfit)
      break
    case 'ec':
      if (type !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== spec.curve) {
        throw misfit(`does not fit ${algorithm}`, `Give an EC key on the curve ${spec.curve}`)
      }
      break
    case 'ed25519':
      if (type !== 'ed25519')
        throw misfit(`is a key of type ${type}, not for ${algorithm}`, 'Give an Ed25519 key')
      break
    case 'hmac':
      throw misfit(`does not fit ${algorithm}`, 'Give a secret')
  }
}

function checkRsa(key: KeyObject, misfit: (problem: string, fix: string) => KeyProblem): void {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < MIN_RSA_BITS) {
    throw misfit(`has ${modulusLength} bits`, `RSA keys need at least ${MIN_RSA_BITS} bits`)
  }
  if (publicExponent < EXPONENTS.min || publicExponent > EXPONENTS.max || publicExponent % 2n === 0n) {
    throw misfit('has a bad public exponent', `Use ${EXPONENTS.min}`)
  }
  if (isRocaModulus(key)) {
    throw misfit('was made by a chip with the ROCA fault (CVE-2017-15361)', 'Make a new key')
  }
}

/** RFC 7517 sections 4.2 to 4.4: what the JWK says of its own use must agree. */
export function checkJwk(algorithm: Algorithm, jwk: JsonWebKey, field: string): void {
  const ops = jwk['key_ops']
  const op = field === 'privateKey' ? 'sign' : 'verify'
  if (jwk['alg'] !== undefined && jwk['alg'] !== algorithm) {
    throw new KeyProblem(field, `names another algorithm than ${algorithm} in "alg"`, 'Make the two agree')
  }
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') {
    throw new KeyProblem(field, 'is not for signatures: its "use" is not "sig"', 'Give a signature key')
  }
  if (ops !== undefined && !(Array.isArray(ops) && ops.includes(op))) {
    throw new KeyProblem(field, `is not for this: its "key_ops" lacks "${op}"`, 'Give a signature key')
  }
}
