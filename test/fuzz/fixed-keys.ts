import {
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  sign,
} from 'node:crypto'
import { type Author, authorWith } from '../security/sign-bytes.js'

/** Made of a name, so that a kept input means the same in each run and no key lies in the repository. */
export interface FixedKey {
  readonly privateKey: KeyObject
  readonly jwk: JsonWebKey & Record<string, unknown>
  readonly author: Author
}

const hashOf = (name: string): Buffer => createHash('sha256').update(name).digest()

/** A key for ES256. */
export function p256Key(name: string, kid: string): FixedKey {
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(hashOf(name))
  const point = curve.getPublicKey()
  const [x, y, d] = [point.subarray(1, 33), point.subarray(33), hashOf(name)].map((bytes) =>
    bytes.toString('base64url'),
  )
  const privateKey = createPrivateKey({
    key: { kty: 'EC', crv: 'P-256', x, y, d } as JsonWebKey,
    format: 'jwk',
  })
  return {
    ...publicOf(privateKey, kid, 'ES256'),
    author: authorWith((input) =>
      sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    ),
  }
}

/** A key for EdDSA. */
export function ed25519Key(name: string, kid: string): FixedKey {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), hashOf(name)])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return {
    ...publicOf(privateKey, kid, 'EdDSA'),
    author: authorWith((input) => sign(null, Buffer.from(input), privateKey)),
  }
}

function publicOf(privateKey: KeyObject, kid: string, alg: string) {
  return { privateKey, jwk: { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid, alg } }
}
