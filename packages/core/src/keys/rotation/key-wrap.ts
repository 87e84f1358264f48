import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { KeyDates, KeyRecord } from './key-record.js'
import { KeyStoreProblem } from './key-store-problem.js'

/** A secret under which private keys are stored. */
export interface WrapSecret {
  readonly id: string
  readonly secret: string | Uint8Array
}

const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

/** Encrypts keys for the store under the first secret, and decrypts under any: AES-256-GCM, keys derived by HKDF (RFC 5869). */
export class KeyWrap {
  /** A private field, so that it is never printed or serialized. */
  readonly #keys: ReadonlyMap<string, Uint8Array>
  /** The id of the secret that encrypts. */
  readonly id: string

  constructor(secrets: readonly WrapSecret[]) {
    this.id = secrets[0]?.id ?? ''
    this.#keys = new Map(secrets.map(({ id, secret }) => [id, derive(secret)]))
  }

  /** Whether these bytes are one of the secrets. */
  has(secret: Uint8Array): boolean {
    const key = derive(secret)
    return [...this.#keys.values()].some((own) => timingSafeEqual(own, key))
  }

  seal(dates: KeyDates, material: Uint8Array): KeyRecord {
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv(CIPHER, this.keyOf(this.id), iv, { authTagLength: TAG_BYTES })
    cipher.setAAD(authenticated(dates, this.id))
    const sealed = Buffer.concat([iv, cipher.update(material), cipher.final(), cipher.getAuthTag()])
    return Object.freeze({ ...datesOf(dates), wrap: this.id, sealed: sealed.toString('base64url') })
  }

  /** The key material. Throws a `KeyStoreProblem` if the secret is missing or anything in the record was changed. */
  open(record: KeyRecord): Buffer {
    const bytes = Buffer.from(record.sealed, 'base64url')
    const key = this.keyOf(record.wrap, record.kid)
    try {
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAAD(authenticated(record, record.wrap))
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
      return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()])
    } catch {
      throw new KeyStoreProblem(
        'keyRotation.wrap',
        `The key ${JSON.stringify(record.kid)} cannot be decrypted with the secret ${JSON.stringify(record.wrap)}. Either that is not the ` +
          'secret that it was encrypted with, or the stored key was changed',
        'Restore the secret that had this id. If it never changed, somebody has changed the key store, so remove this key with `nest-jwt-auth keys revoke`',
      )
    }
  }

  private keyOf(id: string, kid?: string): Uint8Array {
    const key = this.#keys.get(id)
    if (key !== undefined) return key
    throw new KeyStoreProblem(
      'keyRotation.wrap',
      `The key ${JSON.stringify(kid)} was encrypted with the secret ${JSON.stringify(id)}, which is not in the list`,
      'Add that secret to the end of the list. It may be removed once list() of KeyService shows no key with it',
    )
  }
}

function derive(secret: string | Uint8Array): Uint8Array {
  const bytes = typeof secret === 'string' ? Buffer.from(secret, 'utf8') : secret
  return new Uint8Array(hkdfSync('sha256', bytes, '', 'nest-jwt-auth key store', 32))
}

/** In a fixed order, so that equal records give equal bytes. */
function datesOf(dates: KeyDates): KeyDates {
  const { kid, algorithm, createdAt, signsFrom, signsUntil, isUrgent, accessLifetime, refreshLifetime } =
    dates
  return { kid, algorithm, createdAt, signsFrom, signsUntil, isUrgent, accessLifetime, refreshLifetime }
}

function authenticated(dates: KeyDates, wrap: string): Buffer {
  return Buffer.from(JSON.stringify([...Object.values(datesOf(dates)), wrap]), 'utf8')
}
