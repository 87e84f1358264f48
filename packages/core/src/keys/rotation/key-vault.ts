import type { SigningKey } from '../import-key.js'
import { generateMaterial, importMaterial } from './key-material.js'
import type { PlannedKey } from './key-plan.js'
import { type KeyRecord, type KeyRecords, readRecords, writeRecords } from './key-record.js'
import { unreadable } from './key-store-problem.js'
import type { KeyStore } from './key-store.js'
import type { KeyWrap } from './key-wrap.js'

/** What the store held when it was read. Only the format has been checked. */
export interface StoredKeys {
  /** `undefined`: nothing was stored. */
  readonly version: number | undefined
  readonly records: KeyRecords
}

/** Stored keys that are authentic, and by `kid` the keys themselves. */
export interface OpenedKeys extends StoredKeys {
  readonly keys: ReadonlyMap<string, SigningKey>
}

/** Milliseconds that the store may take for one call. */
const PATIENCE = 3000

/** Reads and writes keys: decrypts what the store has, makes what is planned. Waits a few seconds for the store, no longer. */
export class KeyVault {
  /** The last that was opened: a key that is known is not imported again, and stays the same object. */
  private opened: OpenedKeys | undefined
  private lastData: string | undefined
  private lastStored: StoredKeys | undefined

  /** `store` is called at the first use, when the app has been built. `wrap` decrypts, and encrypts new keys. */
  constructor(
    private readonly store: () => KeyStore,
    private readonly wrap: KeyWrap,
  ) {}

  /** Rejects if the store fails or is silent, with a `KeyStoreProblem` if it answers what nobody here has written. */
  async read(): Promise<StoredKeys> {
    const document: unknown = await within(PATIENCE, () => this.store().read())
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
   * Writes what is planned in the place of `stored`: encrypts changed keys again, and with `rewrap` those under another
   * than the first secret; makes keys without `kid`. Returns what is stored then, or `undefined` if another instance was
   * faster. Writes nothing where nothing differs.
   */
  async write(
    stored: StoredKeys,
    planned: readonly PlannedKey[],
    { rewrap, now }: { readonly rewrap: boolean; readonly now: number },
  ): Promise<StoredKeys | undefined> {
    const records = await Promise.all(planned.map((key) => this.realize(key, stored.records, rewrap)))
    const isSame =
      records.length === stored.records.length && records.every((record, at) => record === stored.records[at])
    if (isSame) return stored
    // After a document that was removed, the next one must not have the version that somebody still knows.
    const version = stored.version === undefined ? Math.max(1, Math.floor(now)) : stored.version + 1
    const document = { version, data: writeRecords(records) }
    const isWritten = await within(PATIENCE, () =>
      this.store().replace({ document, replaces: stored.version }),
    )
    return isWritten === true ? { version, records: Object.freeze(records) } : undefined
  }

  private async openOne(record: KeyRecord, before: OpenedKeys | undefined): Promise<SigningKey> {
    const material = this.wrap.open(record)
    const known = before?.keys.get(record.kid)
    if (known !== undefined) return known
    const key = await importMaterial(record.algorithm, material)
    if (key.kid !== record.kid) throw unreadable('a key in it has the kid of another')
    return key
  }

  private async realize(planned: PlannedKey, records: KeyRecords, rewrap: boolean): Promise<KeyRecord> {
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

async function within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new Error(`The key store did not answer within ${milliseconds} ms.`))
    // A process that was busy looks at its timers first, and then at what has come in meanwhile.
    timer = setTimeout(() => setImmediate(giveUp), milliseconds)
  })
  try {
    return await Promise.race([work(), silence])
  } finally {
    clearTimeout(timer)
  }
}
