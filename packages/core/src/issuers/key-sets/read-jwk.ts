import { type Algorithm, algorithmSpec, isAlgorithm } from '../../keys/algorithms.js'
import { importKey, MAX_KID_LENGTH, type RingKey } from '../../keys/import-key.js'
import { allowsOperation } from '../../keys/key-fit.js'
import { KeyProblem } from '../../keys/key-problem.js'

/** A member of a JWK Set as it was published. */
export type PublishedJwk = Readonly<Record<string, unknown>>

/** Longer numbers are refused before anything is computed with them: RSA keys of up to 16,384 bits. */
const MAX_NUMBER_LENGTH = 2731

const SECRET_MEMBERS = ['k', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'oth']

/**
 * The key of a published JWK, for its `alg` if that is among `algorithms`, without one for the first of them that it fits.
 * `undefined` if it is for something else. Throws a `KeyProblem` if it cannot be used. Secret and private keys cannot:
 * whoever has read them could sign.
 */
export async function readJwk(
  jwk: PublishedJwk,
  algorithms: readonly string[],
): Promise<{ readonly key: RingKey; readonly kid: string | undefined } | undefined> {
  const { kid, alg, use, key_ops: operations } = jwk
  if (use !== undefined && use !== 'sig') return undefined
  if (!allowsOperation(operations, 'verify')) return undefined
  if (jwk['kty'] === 'oct' || SECRET_MEMBERS.some((name) => Object.hasOwn(jwk, name))) {
    throw problem('It contains a secret or private key, which anybody may have read')
  }
  if (kid !== undefined && !isKid(kid)) throw problem('Its kid is not a string of 1 to 255 characters')
  const algorithm = alg === undefined ? algorithms.find((one) => fits(one, jwk)) : alg
  if (!isAlgorithm(algorithm) || !algorithms.includes(algorithm)) return undefined
  const key = await importKey({ algorithm, kid, publicKey: publicMembers(jwk) } as PublicKey)
  return { key, kid }
}

type PublicKey = Parameters<typeof importKey>[0]

function fits(algorithm: string, { kty, crv }: PublishedJwk): boolean {
  if (!isAlgorithm(algorithm)) return false
  const spec = algorithmSpec(algorithm)
  if (spec.family === 'rsa') return kty === 'RSA'
  if (spec.family === 'ec') return kty === 'EC' && crv === CURVES[algorithm]
  return spec.family === 'ed25519' && kty === 'OKP' && crv === 'Ed25519'
}

const CURVES: Partial<Record<Algorithm, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }

function publicMembers({ kty, crv, n, e, x, y }: PublishedJwk): object {
  if ([n, e, x, y].some((number) => typeof number === 'string' && number.length > MAX_NUMBER_LENGTH)) {
    throw problem('It is too large')
  }
  return { kty, crv, n, e, x, y }
}

function isKid(kid: unknown): kid is string {
  return typeof kid === 'string' && kid !== '' && kid.length <= MAX_KID_LENGTH
}

function problem(text: string): KeyProblem {
  return new KeyProblem('', text, '')
}
