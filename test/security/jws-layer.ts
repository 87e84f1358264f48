import type { Algorithm, JwtKey } from '@nest-jwt-auth/core'
import { importKey, type RingKey } from '../../packages/core/src/keys/import-key.js'
import { KeyProblem } from '../../packages/core/src/keys/key-problem.js'
import { hmacSignature } from '../../packages/core/src/keys/signature.js'
import { decodeHeader, decodePayload, splitCompactJws } from '../../packages/core/src/token/compact-jws.js'
import { JwsVerifier, unknownKey } from '../../packages/core/src/token/jws-verifier.js'
import type { Jwk } from './vectors.js'

/** The key of a JWK as an app would configure it. */
export function jwtKeyOf(jwk: Jwk, algorithm: string | undefined): JwtKey {
  const kid = jwk.kid === undefined ? {} : { kid: jwk.kid }
  const material =
    jwk.kty === 'oct'
      ? { secret: Buffer.from(jwk.k ?? '', 'base64url') }
      : jwk.d === undefined
        ? { publicKey: jwk }
        : { privateKey: jwk }
  return { algorithm, ...kid, ...material } as JwtKey
}

/** The key, or why it is refused. */
export async function tryImport(key: JwtKey): Promise<RingKey | KeyProblem> {
  try {
    return await importKey(key)
  } catch (error) {
    if (error instanceof KeyProblem) return error
    throw error
  }
}

/** A secret that every documentation prints is no key of ours: here the signature under it is looked at all the same. */
export function importSample(jwk: Jwk, algorithm: Algorithm): RingKey {
  const secret = Buffer.from(jwk.k ?? '', 'base64url')
  return { kid: jwk.kid ?? '', algorithm, ...hmacSignature(algorithm, secret) }
}

/** Parser, key and signature, as every token goes through them. */
export function verifyJws(token: string, keys: readonly RingKey[]): Buffer {
  const verifier = new JwsVerifier({ find: (kid) => keys.find((key) => key.kid === kid) })
  const jws = splitCompactJws(token)
  const header = verifier.headerOf(jws)
  const key = verifier.findKey(header)
  if (key === undefined) throw unknownKey(header.kid)
  verifier.checkSignature(jws, header, key)
  return decodePayload(jws.payloadText)
}

/** The same for examples without a `kid`, which we would not even look up. */
export function verifyJwsWithoutKid(token: string, key: RingKey): Buffer {
  const { headerText, payloadText, signingInput, signature } = splitCompactJws(token)
  const { alg } = decodeHeader(headerText)
  if (alg !== key.algorithm || !key.verify(signingInput, signature))
    throw new Error('no signature of this key')
  return decodePayload(payloadText)
}
