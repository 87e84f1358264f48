import { createHmac, createPublicKey, createSecretKey, type JsonWebKey } from 'node:crypto'
import { isUint8Array } from 'node:util/types'
import type { JWK } from 'jose'
import { type Algorithm, ALGORITHMS, type AlgorithmSpec, algorithmSpec, isAlgorithm } from './algorithms.js'
import { type DerivedMac, derivedMac } from './derived-mac.js'
import type { JwtKey, KeyMaterial } from './jwt-key.js'
import { checkFit, checkJwk } from './key-fit.js'
import { isJwk, readPrivateKey, readPublicKey } from './key-material.js'
import { KeyProblem } from './key-problem.js'
import { asymmetricSign, asymmetricVerify, hmacSignature, type Sign, type Verify } from './signature.js'
import { weaknessOfSecret } from './weak-secret.js'

/** A key of the ring: prepared once, then only its closures are used. Holds no key material that could be printed. */
export interface RingKey {
  readonly kid: string
  readonly algorithm: Algorithm
  readonly verify: Verify
  /** Absent on a key that only verifies. */
  readonly sign?: Sign
  /** Absent on a key that only verifies. */
  readonly mac?: DerivedMac
  /** Absent on a secret. */
  readonly publicJwk?: Readonly<JWK>
}

/** In a token's header and in a key's options, in characters: a longer one names nothing. */
export const MAX_KID_LENGTH = 255

const MEMBERS = ['algorithm', 'kid', 'secret', 'privateKey', 'publicKey']
const MATERIALS = ['secret', 'privateKey', 'publicKey']
const SECRET_FIX =
  "Make one with `node -e \"console.log(require('node:crypto').randomBytes(64).toString('base64url'))\"`"

/** Imports one key and checks all that can be known of it at boot. Throws a `KeyProblem`. */
export async function importKey(key: JwtKey): Promise<RingKey> {
  const given: Readonly<Record<string, unknown>> = { ...key }
  const unknown = Object.keys(given).find((name) => !MEMBERS.includes(name))
  if (unknown !== undefined) {
    throw new KeyProblem(unknown, 'is no option', `There are: ${MEMBERS.join(', ')}`)
  }
  const { algorithm, kid } = given
  if (!isAlgorithm(algorithm)) {
    throw new KeyProblem('algorithm', 'is not one that is supported', `Write one of ${ALGORITHMS.join(', ')}`)
  }
  const materials = MATERIALS.filter((name) => given[name] !== undefined)
  if (materials.length !== 1) {
    throw new KeyProblem(
      '',
      `has ${materials.length} of secret, privateKey and publicKey`,
      'Give exactly one',
    )
  }
  if (kid !== undefined && !isKid(kid)) {
    throw new KeyProblem('kid', 'is no text of 1 to 255 characters', 'Leave it out to have one derived')
  }
  const spec = algorithmSpec(algorithm)
  if (spec.family === 'hmac') return importSecret(algorithm, spec.hashBytes, given['secret'], kid)
  return importKeyPair(algorithm, spec, given, kid)
}

function importSecret(
  algorithm: Algorithm,
  hashBytes: number,
  secret: unknown,
  kid: string | undefined,
): RingKey {
  if (typeof secret !== 'string' && !isUint8Array(secret)) {
    throw new KeyProblem('secret', `is missing, and ${algorithm} signs with one`, SECRET_FIX)
  }
  const bytes = Buffer.from(secret as string)
  const weakness = weaknessOfSecret(bytes, hashBytes)
  if (weakness !== undefined) throw new KeyProblem('secret', weakness, SECRET_FIX)
  const keyObject = createSecretKey(bytes)
  const { sign, verify } = hmacSignature(algorithm, keyObject)
  const derived = createHmac('sha256', keyObject)
    .update(`kid of ${algorithm}`)
    .digest('base64url')
    .slice(0, 22)
  return Object.freeze({ kid: kid ?? derived, algorithm, sign, verify, mac: derivedMac(bytes) })
}

async function importKeyPair(
  algorithm: Algorithm,
  spec: AlgorithmSpec,
  given: Readonly<Record<string, unknown>>,
  kid: string | undefined,
): Promise<RingKey> {
  if (given['secret'] !== undefined) {
    throw new KeyProblem('secret', `does not fit ${algorithm}`, 'Give privateKey or publicKey')
  }
  const field = given['privateKey'] === undefined ? 'publicKey' : 'privateKey'
  const material = given[field] as KeyMaterial
  const keyObject = field === 'privateKey' ? readPrivateKey(material) : readPublicKey(material)
  const jwk = isJwk(material) ? material : undefined
  checkFit(algorithm, spec, keyObject, field)
  if (jwk !== undefined) checkJwk(algorithm, jwk, field)

  const publicKey = field === 'privateKey' ? createPublicKey(keyObject) : keyObject
  const publicJwk = publicKey.export({ format: 'jwk' }) as JWK
  const verify = asymmetricVerify(algorithm, publicKey)
  const sign = field === 'privateKey' ? asymmetricSign(algorithm, keyObject) : undefined
  checkPair(sign, verify, field)
  const name = kid ?? (await kidOf(jwk, publicJwk))
  return Object.freeze({
    kid: name,
    algorithm,
    verify,
    ...(sign === undefined
      ? {}
      : { sign, mac: derivedMac(keyObject.export({ format: 'der', type: 'pkcs8' })) }),
    publicJwk: Object.freeze({ ...publicJwk, kid: name, alg: algorithm, use: 'sig' }),
  })
}

/** A JWK can hold a public half that belongs to another private one. */
function checkPair(sign: Sign | undefined, verify: Verify, field: string): void {
  if (sign === undefined) return
  let matches = false
  try {
    matches = verify('probe', sign('probe'))
  } catch {
    // an impossible key: reported like one that does not match
  }
  if (!matches) throw new KeyProblem(field, 'has a public half that does not match', 'Export the pair again')
}

function isKid(kid: unknown): kid is string {
  return typeof kid === 'string' && kid !== '' && kid.length <= MAX_KID_LENGTH
}

async function kidOf(jwk: JsonWebKey | undefined, publicJwk: JWK): Promise<string> {
  const own = jwk?.['kid']
  if (isKid(own)) return own
  // Loaded only where it is needed, and not the whole package: apps are to start fast.
  const { calculateJwkThumbprint } = await import('jose/jwk/thumbprint')
  return calculateJwkThumbprint(publicJwk, 'sha256')
}
