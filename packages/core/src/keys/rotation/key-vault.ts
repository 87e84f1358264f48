import { within } from '../../time/within.js'
import type { SigningKey } from '../import-key.js'
import { generateMaterial, importMaterial } from './key-material.js'
import type { PlannedKey } from './key-plan.js'
import { type KeyRecord, type KeyRecords, readRecords, writeRecords } from './key-record.js'
import { unreadable } from './key-store-problem.js'
import type { KeyStore } from './key-store.js'
import type { KeyWrap } from './key-wrap.js'

/** The keys as they were read from the store. Only their format has been checked. */
export interface StoredKeys {
  /** `undefined` if nothing was stored. */
  readonly version: number | undefined
  readonly records: KeyRecords
}

/** Stored keys that are authentic, and the decrypted keys by their `kid`. */
export interface OpenedKeys extends StoredKeys {
  readonly keys: ReadonlyMap<string, SigningKey>
}

/** Milliseconds that the store may take for one call. */
const TIMEOUT = 3000

/** Reads keys from the store and decrypts them, makes planned keys and writes them. Each call of the store may take 3 seconds. */
export class KeyVault {
  /** The keys opened last. A key in it is not imported again, so it remains the same object. */
  private opened: OpenedKeys | undefined
  private lastData: string | undefined
  private lastStored: StoredKeys | undefined

  /** `store` is called at the first use, because the app is built after this object. `wrap` encrypts and decrypts the keys. */
  constructor(
    private readonly store: () => KeyStore,
    private readonly wrap: KeyWrap,
  ) {}

  /** Rejects if the store fails or does not answer, with a `KeyStoreProblem` if its data is not valid. */
  async read(): Promise<StoredKeys> {
    const document: unknown = await within(TIMEOUT, () => this.store().read(), noAnswer)
    if (document === undefined) return { version: undefined, records: [] }
    const { version, data } = (document ?? {}) as Record<string, unknown>
    if (!Number.isSafeInteger(version)) throw unreadable('the version of the document is not a whole number')
    if (this.lastStored !== undefined && this.lastStored.version === version && this.lastData === data)
      return this.lastStored
    const stored = { version: Number(version), records: readRecords(data) }
    this.lastStored = stored
    this.lastData = String(data)
    return stored
  }

  /** Decrypts every key. Throws a `KeyStoreProblem` if one of them was changed, or its secret is missing. */
  async open(stored: StoredKeys): Promise<OpenedKeys> {
    const before = this.opened
    if (before?.records === stored.records) return before
    const keys = new Map<string, SigningKey>()
    for (const record of stored.records) keys.set(record.kid, await this.openOne(record, before))
    this.opened = Object.freeze({ ...stored, keys })
    return this.opened
  }

  /**
   * Replaces `stored` by the planned keys: makes those without `kid`, and encrypts changed keys again, with `rewrap` also
   * those that are not encrypted under the first secret. Returns what is stored then, or `undefined` if another instance was
   * faster. Writes nothing if nothing differs.
   */
  async write(
    stored: StoredKeys,
    planned: readonly PlannedKey[],
    { rewrap, now }: { readonly rewrap: boolean; readonly now: number },
  ): Promise<StoredKeys | undefined> {
    const records = await Promise.all(planned.map((key) => this.makeRecord(key, stored.records, rewrap)))
    const isSame =
      records.length === stored.records.length && records.every((record, at) => record === stored.records[at])
    if (isSame) return stored
    // If the document was removed, the next version must be new to instances that still know an old one.
    const version = stored.version === undefined ? Math.max(1, Math.floor(now)) : stored.version + 1
    const document = { version, data: writeRecords(records) }
    const isWritten = await within(
      TIMEOUT,
      () => this.store().replace({ document, replaces: stored.version }),
      noAnswer,
    )
    return isWritten === true ? { version, records: Object.freeze(records) } : undefined
  }

  private async openOne(record: KeyRecord, before: OpenedKeys | undefined): Promise<SigningKey> {
    const material = this.wrap.open(record)
    const known = before?.keys.get(record.kid)
    if (known !== undefined) return known
    const key = await importMaterial(record.algorithm, material)
    if (key.kid !== record.kid) throw unreadable('a key in it has the kid of another key')
    return key
  }

  private async makeRecord(planned: PlannedKey, records: KeyRecords, rewrap: boolean): Promise<KeyRecord> {
    const { kid, algorithm } = planned
    if (kid === undefined) {
      const material = await generateMaterial(algorithm)
      return this.wrap.seal({ ...planned, kid: (await importMaterial(algorithm, material)).kid }, material)
    }
    const record = records.find((stored) => stored.kid === kid)
    if (record === undefined) throw new TypeError('A planned key is not stored.')
    if (record === planned && !(rewrap && record.wrap !== this.wrap.id)) return record
    return this.wrap.seal({ ...planned, kid }, this.wrap.open(record))
  }
}

function noAnswer(): Error {
  return new Error(`The key store did not answer within ${TIMEOUT} ms.`)
}
