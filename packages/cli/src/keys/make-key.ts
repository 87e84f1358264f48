import { createHash, generateKeyPairSync, type JsonWebKey, type KeyObject, randomBytes } from 'node:crypto'
import { keyKindOf } from './algorithms.js'

export const FORMATS = ['pem', 'jwk'] as const
export type KeyFormat = (typeof FORMATS)[number]

/** A new key as text. */
export interface NewKey {
  readonly algorithm: string
  /** The private key, or the secret of an HMAC algorithm. */
  readonly privateText: string
  /** `undefined` for a secret. */
  readonly publicText: string | undefined
  /** `undefined` for a secret: `@nest-jwt-auth/core` derives one. */
  readonly kid: string | undefined
}

/** RSA keys as large as the library's own. NIST SP 800-57 approves of 2048 bits until 2030. */
const RSA_BITS = 2048

/** Throws a `CommandError` for an unknown algorithm. `kid`: by default the thumbprint of the public key. */
export function makeKey(algorithm: string, format: KeyFormat, kid?: string): NewKey {
  const kind = keyKindOf(algorithm)
  switch (kind.family) {
    case 'hmac': {
      const privateText = randomBytes(kind.bytes).toString('base64url')
      return { algorithm, privateText, publicText: undefined, kid }
    }
    case 'rsa':
      return asText(algorithm, format, kid, generateKeyPairSync('rsa', { modulusLength: RSA_BITS }))
    case 'ec':
      return asText(algorithm, format, kid, generateKeyPairSync('ec', { namedCurve: kind.curve }))
    case 'ed25519':
      return asText(algorithm, format, kid, generateKeyPairSync('ed25519'))
  }
}

interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

function asText(algorithm: string, format: KeyFormat, given: string | undefined, pair: KeyPair): NewKey {
  const { privateKey, publicKey } = pair
  const kid = given ?? thumbprintOf(publicKey)
  const asJwk = (key: KeyObject): string =>
    JSON.stringify({ ...key.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' })
  const asPem = (key: KeyObject, type: 'pkcs8' | 'spki'): string =>
    key.export({ format: 'pem', type }).toString().trimEnd()
  const [privateText, publicText] =
    format === 'jwk'
      ? [asJwk(privateKey), asJwk(publicKey)]
      : [asPem(privateKey, 'pkcs8'), asPem(publicKey, 'spki')]
  return { algorithm, privateText, publicText, kid }
}

const THUMBPRINT_MEMBERS = ['crv', 'e', 'kty', 'n', 'x', 'y'] as const

/** RFC 7638 section 3: the required members in the order of their names. */
function thumbprintOf(publicKey: KeyObject): string {
  const jwk: JsonWebKey = publicKey.export({ format: 'jwk' })
  const members = THUMBPRINT_MEMBERS.flatMap((name) => (jwk[name] === undefined ? [] : [[name, jwk[name]]]))
  return createHash('sha256').update(JSON.stringify(Object.fromEntries(members))).digest('base64url') // prettier-ignore
}
