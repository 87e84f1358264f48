import { createPrivateKey, createPublicKey, type JsonWebKey, KeyObject } from 'node:crypto'
import type { KeyMaterial } from './jwt-key.js'
import { KeyProblem } from './key-problem.js'

const UNREADABLE = 'can not be read as a key'
const KEY_FIX = 'Give PEM text, a JWK or a KeyObject, not encrypted'

export function readPrivateKey(material: KeyMaterial): KeyObject {
  return readKey('privateKey', material, 'private', () =>
    isJwk(material)
      ? createPrivateKey({ key: material, format: 'jwk' })
      : createPrivateKey(material as string),
  )
}

export function readPublicKey(material: KeyMaterial): KeyObject {
  const isPrivate =
    (typeof material === 'string' && material.includes('PRIVATE KEY')) ||
    (isJwk(material) && material.d !== undefined)
  if (isPrivate) {
    throw new KeyProblem(
      'publicKey',
      'is a private key',
      'Give it as privateKey, or give its public half here',
    )
  }
  return readKey('publicKey', material, 'public', () =>
    isJwk(material) ? createPublicKey({ key: material, format: 'jwk' }) : createPublicKey(material),
  )
}

export function isJwk(material: unknown): material is JsonWebKey {
  return typeof material === 'object' && material !== null && !(material instanceof KeyObject)
}

/** A `KeyObject` is taken as it is; anything else goes through `parse`, whose own message might quote its input. */
function readKey(
  field: string,
  material: unknown,
  type: 'private' | 'public',
  parse: () => KeyObject,
): KeyObject {
  if (material instanceof KeyObject) {
    if (material.type === type) return material
    throw new KeyProblem(field, `is a ${material.type} key`, `Give a ${type} key`)
  }
  try {
    return parse()
  } catch {
    throw new KeyProblem(field, UNREADABLE, KEY_FIX)
  }
}
