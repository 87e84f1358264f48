import { createPrivateKey, createPublicKey, type JsonWebKey, KeyObject } from 'node:crypto'
import { isUint8Array } from 'node:util/types'
import type { KeyMaterial } from './jwt-key.js'
import { KeyProblem } from './key-problem.js'
import { mistakeInKeyText } from './mistake-in-key-text.js'

export type KeyField = 'privateKey' | 'publicKey'

/** The key in the form that node:crypto works with, and the JWK if it was given as one. Throws a `KeyProblem`. */
export function readKeyMaterial(
  field: KeyField,
  material: KeyMaterial,
): { readonly keyObject: KeyObject; readonly jwk: JsonWebKey | undefined } {
  if (material instanceof KeyObject) return { keyObject: checkedType(field, material), jwk: undefined }
  if (typeof material === 'string') return { keyObject: readText(field, material), jwk: undefined }
  if (isUint8Array(material)) {
    return { keyObject: readText(field, Buffer.from(material).toString('utf8')), jwk: undefined }
  }
  if (typeof material !== 'object' || material === null) {
    throw new KeyProblem(field, 'The value is not a key', 'Pass PEM text, a JWK or a KeyObject')
  }
  return { keyObject: readJwk(field, material), jwk: material }
}

function checkedType(field: KeyField, key: KeyObject): KeyObject {
  const wanted = field === 'privateKey' ? 'private' : 'public'
  if (key.type === wanted) return key
  const other = key.type === 'secret' ? 'secret' : field === 'privateKey' ? 'publicKey' : 'privateKey'
  throw new KeyProblem(
    field,
    `The KeyObject is a ${key.type} key`,
    `Pass a ${wanted} key, or set ${other} instead`,
  )
}

function readJwk(field: KeyField, key: JsonWebKey): KeyObject {
  if (field === 'publicKey' && key.d !== undefined) throw isPrivate()
  try {
    return field === 'privateKey'
      ? createPrivateKey({ key, format: 'jwk' })
      : createPublicKey({ key, format: 'jwk' })
  } catch {
    // The message of node:crypto may quote its input.
    const problem = `The object is not a JWK of a ${field === 'privateKey' ? 'private' : 'public'} key`
    throw new KeyProblem(field, problem, 'Pass PEM text, a JWK (RFC 7517) or a KeyObject')
  }
}

function readText(field: KeyField, text: string): KeyObject {
  if (field === 'publicKey' && text.includes('PRIVATE KEY')) throw isPrivate()
  try {
    return field === 'privateKey' ? createPrivateKey(text) : createPublicKey(text)
  } catch {
    const [problem, fix] = mistakeInKeyText(field, text)
    throw new KeyProblem(field, problem, fix)
  }
}

function isPrivate(): KeyProblem {
  return new KeyProblem(
    'publicKey',
    'The value is a private key',
    'Set it as privateKey, or set publicKey to the public key that belongs to it',
  )
}
