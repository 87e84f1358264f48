import { constants, createECDH, createHash, privateEncrypt, randomBytes, type KeyObject } from 'node:crypto'
import type { Algorithm } from '@nest-jwt-auth/core'

/** What a KMS does: signs a digest, and never sees what was hashed. Answers in the forms of KMSs: ECDSA in DER. */
export function signDigest(algorithm: Algorithm, privateKey: KeyObject, digest: Uint8Array): Buffer {
  switch (algorithm.slice(0, 2)) {
    case 'RS':
      return privateEncrypt(
        { key: privateKey, padding: constants.RSA_PKCS1_PADDING },
        Buffer.concat([digestInfo(digest.length), digest]),
      )
    case 'PS':
      return privateEncrypt(
        { key: privateKey, padding: constants.RSA_NO_PADDING },
        encodePss(digest, privateKey.asymmetricKeyDetails?.modulusLength ?? 0),
      )
    case 'ES':
      return ecdsa(algorithm, privateKey, digest)
    default:
      throw new TypeError(`${algorithm} signs no digest`)
  }
}

const hashes: Record<number, { name: string; last: number }> = {
  32: { name: 'sha256', last: 1 },
  48: { name: 'sha384', last: 2 },
  64: { name: 'sha512', last: 3 },
}

/** RFC 8017 section 9.2, note 1: what stands before the digest. */
function digestInfo(length: number): Buffer {
  const { last = 0 } = hashes[length] ?? {}
  return Buffer.from([
    0x30,
    17 + length,
    0x30,
    13,
    6,
    9,
    0x60,
    0x86,
    0x48,
    1,
    0x65,
    3,
    4,
    2,
    last,
    5,
    0,
    4,
    length,
  ])
}

/** RFC 8017 section 9.1.1, with a salt as long as the digest. */
function encodePss(digest: Uint8Array, modulusBits: number): Buffer {
  const { name = '' } = hashes[digest.length] ?? {}
  const hash = (...parts: Uint8Array[]) => createHash(name).update(Buffer.concat(parts)).digest()
  const salt = randomBytes(digest.length)
  const h = hash(Buffer.alloc(8), digest, salt)
  const length = Math.ceil((modulusBits - 1) / 8)
  const db = Buffer.alloc(length - h.length - 1)
  db[db.length - salt.length - 1] = 1
  salt.copy(db, db.length - salt.length)
  const mask = Buffer.concat(
    Array.from({ length: Math.ceil(db.length / h.length) }, (_, at) => hash(h, Buffer.from([0, 0, 0, at]))),
  )
  const masked = db.map((byte, at) => byte ^ (mask[at] ?? 0))
  masked[0] = (masked[0] ?? 0) & (0xff >> (8 * length - (modulusBits - 1)))
  return Buffer.concat([masked, h, Buffer.from([0xbc])])
}

const curves: Record<string, { name: string; order: bigint }> = {
  ES256: {
    name: 'prime256v1',
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  ES384: {
    name: 'secp384r1',
    order:
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  ES512: {
    name: 'secp521r1',
    order: BigInt(`0x1${'f'.repeat(65)}a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`),
  },
}

/** FIPS 186-5 section 6.4.1. */
function ecdsa(algorithm: string, privateKey: KeyObject, digest: Uint8Array): Buffer {
  const { name = '', order = 1n } = curves[algorithm] ?? {}
  const d = bigint(Buffer.from(String(privateKey.export({ format: 'jwk' }).d), 'base64url'))
  const once = createECDH(name)
  const point = once.generateKeys()
  const x = point.subarray(1, (point.length + 1) / 2)
  const [k, r, z] = [bigint(once.getPrivateKey()), bigint(x) % order, bigint(digest)]
  const s = (inverse(k, order) * (z + r * d)) % order
  const numbers = Buffer.concat([integer(r), integer(s)])
  const length = numbers.length < 0x80 ? [numbers.length] : [0x81, numbers.length]
  return Buffer.concat([Buffer.from([0x30, ...length]), numbers])
}

function bigint(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

/** By Fermat: the order is prime. */
function inverse(value: bigint, order: bigint): bigint {
  let [result, base, exponent] = [1n, value % order, order - 2n]
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % order
    base = (base * base) % order
  }
  return result
}

/** DER of a positive number. */
function integer(value: bigint): Buffer {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex, 'hex')
  const padded = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes
  return Buffer.concat([Buffer.from([2, padded.length]), padded])
}
