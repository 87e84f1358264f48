import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { isUint8Array } from 'node:util/types'
import type { JWK } from 'jose'
import { HIDDEN_MEMBER, hiddenMembers } from '../errors/hidden-members.js'
import { type Algorithm, ALGORITHMS, type AlgorithmSpec, algorithmSpec, isAlgorithm } from './algorithms.js'
import { type DerivedMac, derivedMac } from './derived-mac.js'
import { hmac } from './hmac.js'
import type { JwtKey, KeyMaterial, OutsideSigner } from './jwt-key.js'
import { checkFit, checkJwk } from './key-fit.js'
import { type KeyField, readKeyMaterial } from './key-material.js'
import { KeyProblem } from './key-problem.js'
import { outsideSigner } from './outside-signer.js'
import {
  asymmetricSign,
  asymmetricVerify,
  hmacSignature,
  type Sign,
  signatureLength,
  type SignOutside,
  type Verify,
} from './signature.js'
import { weaknessOfSecret } from './weak-secret.js'

/** A key of the ring: prepared once, then only its closures are used. Holds no key material that could be printed. */
export interface RingKey {
  readonly kid: string
  readonly algorithm: Algorithm
  readonly verify: Verify
  /** Absent on a key that only verifies. A promise only where the private key is outside this process. */
  readonly sign?: Sign | SignOutside
  /** Absent where there is no private key or secret to derive it from. */
  readonly mac?: DerivedMac
  /** Absent on a secret. */
  readonly publicJwk?: Readonly<JWK>
}

/** A key that signs as well. */
export type SigningKey = RingKey & Required<Pick<RingKey, 'sign'>>

/** In a token's header and in a key's options, in characters: a longer `kid` names nothing. */
export const MAX_KID_LENGTH = 255

const MATERIALS = ['secret', 'privateKey', 'publicKey'] as const
const MEMBERS: readonly string[] = ['algorithm', 'kid', ...MATERIALS, 'sign']

/** What to do about a missing or weak secret, as a sentence without its period. */
export const NEW_SECRET = 'Generate one with `node -p "crypto.randomBytes(48).toString(\'base64url\')"`'

/** Imports one key and checks everything that can be known about it at boot. Throws a `KeyProblem`. */
export async function importKey(key: JwtKey): Promise<RingKey> {
  const given: Readonly<Record<string, unknown>> = { ...key }
  const unknown = Object.keys(given).find((name) => !MEMBERS.includes(name))
  if (unknown !== undefined) {
    throw new KeyProblem(unknown, 'A key has no such member', `The members are ${MEMBERS.join(', ')}`)
  }
  // An outside signer may be an instance of a class, but then only `sign` is a method of it.
  const [hidden] = hiddenMembers(
    key,
    MEMBERS.filter((name) => name !== 'sign'),
  )
  if (hidden !== undefined) throw new KeyProblem(hidden, ...HIDDEN_MEMBER)
  const { algorithm, kid } = given
  if (!isAlgorithm(algorithm)) {
    const problem = algorithm === undefined ? 'The algorithm is missing' : 'The algorithm is not supported'
    throw new KeyProblem('algorithm', problem, `Set it to one of ${ALGORITHMS.join(', ')}`)
  }
  if (kid !== undefined && !isKid(kid)) {
    throw new KeyProblem(
      'kid',
      'The value must be a string of 1 to 255 characters',
      'Leave it out to have one derived from the key',
    )
  }
  const field = materialOf(given)
  const signer = signerOf(key, field)
  const spec = algorithmSpec(algorithm)
  if (spec.family === 'hmac') return importSecret(algorithm, spec.hashBytes, field, given[field], kid)
  return importKeyPair({ algorithm, spec, field, material: given[field] as KeyMaterial, kid, signer })
}

/** What signs outside this process, if anything does: a function, or a method of a class that uses `this`. */
function signerOf(key: JwtKey, field: string): OutsideSigner | undefined {
  const sign: unknown = Reflect.get(key, 'sign')
  if (sign === undefined) return undefined
  if (field !== 'publicKey') {
    throw new KeyProblem(
      'sign',
      `The key has both ${field} and sign`,
      `Set publicKey in place of ${field}, or remove sign`,
    )
  }
  if (typeof sign !== 'function') {
    throw new KeyProblem(
      'sign',
      'The value must be a function',
      'Write async (input, { digest }) => signature',
    )
  }
  return (input, context) => Reflect.apply(sign, key, [input, context]) as Promise<Uint8Array>
}

/** Which of the members holds the key. */
function materialOf(given: Readonly<Record<string, unknown>>): (typeof MATERIALS)[number] {
  const [field, ...more] = MATERIALS.filter((name) => given[name] !== undefined)
  if (more.length > 0) {
    throw new KeyProblem('', `The key has both ${[field, ...more].join(' and ')}`, 'Set exactly one of them')
  }
  if (field !== undefined) return field
  const missing = MATERIALS.find((name) => Object.hasOwn(given, name))
  if (missing === undefined) {
    throw new KeyProblem('', 'The key has no key material', `Set one of ${MATERIALS.join(', ')}`)
  }
  throw new KeyProblem(
    missing,
    'The value is undefined',
    'Check that the environment variable that it comes from is set, and that it is read before forRoot is called: ' +
      '.env files are read later, so use forRootAsync with ConfigService',
  )
}

function importSecret(
  algorithm: Algorithm,
  hashBytes: number,
  field: string,
  secret: unknown,
  kid: string | undefined,
): RingKey {
  if (field !== 'secret') {
    throw new KeyProblem(
      field,
      `The algorithm ${algorithm} needs a secret`,
      'Set secret, or another algorithm',
    )
  }
  if (typeof secret !== 'string' && !isUint8Array(secret)) {
    throw new KeyProblem('secret', 'The value must be a string or a Uint8Array', NEW_SECRET)
  }
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : new Uint8Array(secret)
  const weakness = weaknessOfSecret(bytes, hashBytes)
  if (weakness !== undefined) throw new KeyProblem('secret', weakness, NEW_SECRET)
  const { sign, verify } = hmacSignature(algorithm, bytes)
  const derived = hmac('sha256', bytes)(`kid of ${algorithm}`).slice(0, 22)
  return Object.freeze({ kid: kid ?? derived, algorithm, sign, verify, mac: derivedMac(bytes) })
}

interface GivenKeyPair {
  readonly algorithm: Algorithm
  readonly spec: AlgorithmSpec
  readonly field: KeyField | 'secret'
  readonly material: KeyMaterial
  readonly kid: string | undefined
  /** Only with a public key. */
  readonly signer: OutsideSigner | undefined
}

async function importKeyPair(given: GivenKeyPair): Promise<RingKey> {
  const { algorithm, spec, field, material, signer } = given
  if (field === 'secret') {
    throw new KeyProblem(
      'secret',
      `The algorithm ${algorithm} does not use a secret`,
      'Set privateKey or publicKey, or the algorithm HS256',
    )
  }
  const { keyObject, jwk } = readKeyMaterial(field, material)
  checkFit(algorithm, spec, keyObject, field)
  if (jwk !== undefined) checkJwk(algorithm, jwk, field)

  const publicKey = field === 'privateKey' ? createPublicKey(keyObject) : keyObject
  const publicJwk = publicKey.export({ format: 'jwk' }) as JWK
  const verify = asymmetricVerify(algorithm, publicKey)
  const kid = given.kid ?? (await kidOf(jwk, publicJwk))
  const common = {
    kid,
    algorithm,
    verify,
    publicJwk: Object.freeze({ ...publicJwk, kid, alg: algorithm, use: 'sig' }),
  }
  if (field === 'privateKey') {
    const sign = asymmetricSign(algorithm, keyObject)
    checkPair(sign, verify)
    const mac = derivedMac(keyObject.export({ format: 'der', type: 'pkcs8' }))
    return Object.freeze({ ...common, sign, mac })
  }
  if (signer === undefined) return Object.freeze(common)
  const signatureBytes = signatureLength(algorithm, publicKey)
  const sign = await outsideSigner({ algorithm, kid, verify, signatureBytes, sign: signer })
  return Object.freeze({ ...common, sign })
}

/** A JWK can hold a public half that belongs to another private one. */
function checkPair(sign: Sign, verify: Verify): void {
  let matches = false
  try {
    matches = verify('probe', sign('probe'))
  } catch {
    // An impossible key is reported like one that does not match.
  }
  if (matches) return
  throw new KeyProblem(
    'privateKey',
    'The private key and its public key do not match',
    'Export the key again',
  )
}

function isKid(kid: unknown): kid is string {
  return typeof kid === 'string' && kid !== '' && kid.length <= MAX_KID_LENGTH
}

async function kidOf(jwk: JsonWebKey | undefined, publicJwk: JWK): Promise<string> {
  const own = jwk?.['kid']
  if (isKid(own)) return own
  // Loaded only where it is needed, and not the whole package, so that apps start fast.
  const { calculateJwkThumbprint } = await import('jose/jwk/thumbprint')
  return calculateJwkThumbprint(publicJwk, 'sha256')
}
