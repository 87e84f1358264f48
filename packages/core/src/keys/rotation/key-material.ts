import { createPrivateKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { type Algorithm, algorithmSpec } from '../algorithms.js'
import { importKey, type SigningKey } from '../import-key.js'
import type { JwtKey } from '../jwt-key.js'
import { unreadable } from './key-store-problem.js'

const generate = promisify(generateKeyPair)

/** A new private key in PKCS#8, or the bytes of a new secret. */
export async function generateMaterial(algorithm: Algorithm): Promise<Buffer> {
  const spec = algorithmSpec(algorithm)
  switch (spec.family) {
    case 'hmac':
      return randomBytes(spec.hashBytes)
    case 'rsa':
      return pkcs8(await generate('rsa', { modulusLength: 2048 }))
    case 'ec':
      return pkcs8(await generate('ec', { namedCurve: spec.curve }))
    case 'ed25519':
      return pkcs8(await generate('ed25519'))
  }
}

function pkcs8({ privateKey }: { readonly privateKey: KeyObject }): Buffer {
  return privateKey.export({ format: 'der', type: 'pkcs8' })
}

/** The key of the ring. Its `kid` is always derived from the key. Throws a `KeyStoreProblem` if it is not a key for the algorithm. */
export async function importMaterial(algorithm: Algorithm, material: Buffer): Promise<SigningKey> {
  try {
    return (await importKey(toJwtKey(algorithm, material))) as SigningKey
  } catch {
    throw unreadable(`a key in it does not fit the algorithm ${algorithm}`)
  }
}

function toJwtKey(algorithm: Algorithm, material: Buffer): JwtKey {
  if (algorithm === 'HS256' || algorithm === 'HS384' || algorithm === 'HS512') {
    return { algorithm, secret: material }
  }
  return { algorithm, privateKey: createPrivateKey({ key: material, format: 'der', type: 'pkcs8' }) }
}
