import { type Algorithm, isAlgorithm } from '../algorithms.js'
import { MAX_KID_LENGTH } from '../import-key.js'
import { KeyStoreProblem, unreadable } from './key-store-problem.js'

/** The data about a stored key, without the key itself. The encryption authenticates all of it. Times are milliseconds. */
export interface KeyDates {
  readonly kid: string
  readonly algorithm: Algorithm
  readonly createdAt: number
  /** Unique. The keys sign in this order. */
  readonly signsFrom: number
  /** The planned end. An instance that cannot read the store signs until then. */
  readonly signsUntil: number
  /** The key signs as soon as an instance has read it, without regard to the clock of that instance. */
  readonly isUrgent: boolean
  /** The longest lifetimes of the access tokens and the refresh tokens that the key signs. */
  readonly accessLifetime: number
  readonly refreshLifetime: number
}

/** A key as it is stored. */
export interface KeyRecord extends KeyDates {
  /** The id of the wrapping key. */
  readonly wrap: string
  /** The encrypted private key or secret, in base64url. */
  readonly sealed: string
}

/** The keys in the order in which they sign. */
export type KeyRecords = readonly KeyRecord[]

const FORMAT = 1
/** The most keys that may be stored. The options allow half of them, so that there is room for those of `rotate`. */
const MAX_KEYS = 10_000
export const MAX_PLANNED = MAX_KEYS / 2

/** Throws a `KeyStoreProblem` for more keys than `readRecords` accepts. */
export function writeRecords(records: KeyRecords): string {
  if (records.length > MAX_KEYS) {
    throw new KeyStoreProblem(
      'keyStore',
      `There are more than ${MAX_KEYS} keys that still verify tokens`,
      'Rotate less often, or revoke old keys',
    )
  }
  return JSON.stringify({ format: FORMAT, keys: records })
}

/** Throws a `KeyStoreProblem` for data that `writeRecords` cannot have written. Does not show that it is authentic: decryption does. */
export function readRecords(data: unknown): KeyRecords {
  const { format, keys } = parseObject(data)
  if (format !== FORMAT || !Array.isArray(keys) || keys.length > MAX_KEYS) {
    throw unreadable('its format is not known to this version')
  }
  const records = [...(keys as readonly unknown[])].map(readRecord)
  for (const name of ['kid', 'signsFrom'] as const) {
    if (new Set(records.map((record) => record[name])).size < records.length) {
      throw unreadable(`two keys have the same ${name}`)
    }
  }
  return Object.freeze(records.toSorted((a, b) => a.signsFrom - b.signsFrom))
}

function readRecord(value: unknown): KeyRecord {
  const record = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const { kid, algorithm, isUrgent, wrap, sealed } = record
  const areStrings = [kid, wrap, sealed].every((member) => typeof member === 'string' && member !== '')
  const { createdAt, signsFrom, signsUntil, accessLifetime, refreshLifetime } = record
  const times = [createdAt, signsFrom, signsUntil, accessLifetime, refreshLifetime]
  const isComplete =
    areStrings &&
    String(kid).length <= MAX_KID_LENGTH &&
    isAlgorithm(algorithm) &&
    typeof isUrgent === 'boolean' &&
    times.every((time) => Number.isSafeInteger(time) && Number(time) >= 0)
  if (!isComplete) throw unreadable('a key in it is incomplete')
  return Object.freeze({ ...record }) as unknown as KeyRecord
}

function parseObject(data: unknown): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(String(data))
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>
  } catch {
    // Refused below, like JSON that is not an object.
  }
  throw unreadable('it is not a JSON object')
}
