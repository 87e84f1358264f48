import type { RingKey, SigningKey } from '../import-key.js'
import { listedUntil, type RotationRules, signerIndex, signingEndsAt, verifiesUntil } from './key-plan.js'
import type { KeyRecords } from './key-record.js'
import type { OpenedKeys } from './key-vault.js'

/** What each key does at one time. */
export interface KeySnapshot {
  readonly signer: SigningKey | undefined
  /** Until when `signer` may sign if the store cannot be read. Milliseconds, like `nextChange`. */
  readonly signsUntil: number
  readonly byKid: ReadonlyMap<string, RingKey>
  /** Those in the JWKS; secrets never are. */
  readonly listed: readonly RingKey[]
  /** When the next snapshot must be made. */
  readonly nextChange: number
}

/** Information about a key, without key material. */
export interface KeyInfo {
  readonly kid: string
  readonly algorithm: string
  /**
   * `'announced'`: is in the JWKS and will sign later. `'signing'`: signs; one key at a time. `'verifying'`: no longer
   * signs, but verifies the tokens that it signed.
   */
  readonly state: 'announced' | 'signing' | 'verifying'
  readonly createdAt: Date
  readonly signsFrom: Date
  /**
   * The planned end, long before which a successor is announced. If the store could not be written until then, issuing throws
   * `keys_unavailable`.
   */
  readonly signsUntil: Date
  /** Whether it is in the JWKS now. Always `false` for a secret. */
  readonly isListed: boolean
  /** When the last token that it signed expires and the key is removed; `undefined` while it has no successor. */
  readonly verifiesUntil: Date | undefined
  /** The id of the secret in `keyRotation.wrap` that it is encrypted with. */
  readonly wrap: string
}

export const NO_KEYS: KeySnapshot = Object.freeze({
  signer: undefined,
  signsUntil: -Infinity,
  byKid: new Map<string, RingKey>(),
  listed: [],
  nextChange: Infinity,
})

export function snapshotAt({ records, keys }: OpenedKeys, rules: RotationRules, now: number): KeySnapshot {
  const signer = signerIndex(records, now)
  const infos = records.flatMap((record, at) => {
    const key = keys.get(record.kid)
    const until = verifiesUntil(records, at, rules) ?? Infinity
    if (key === undefined || (at < signer && until <= now)) return []
    return [{ key, isListed: isListed(records, at, rules, now), until }]
  })
  const changes = records.flatMap(({ signsFrom }, at) => [
    signsFrom,
    listedUntil(records, at, rules) ?? Infinity,
    verifiesUntil(records, at, rules) ?? Infinity,
  ])
  const signing = records[signer]
  return Object.freeze({
    signer: signing && keys.get(signing.kid),
    signsUntil: signingEndsAt(records, signer) ?? signing?.signsUntil ?? -Infinity,
    byKid: new Map(infos.map(({ key }) => [key.kid, key])),
    listed: Object.freeze(infos.flatMap(({ key, isListed }) => (isListed && key.publicJwk ? [key] : []))),
    nextChange: Math.min(...changes.filter((time) => time > now), Infinity),
  })
}

/** The snapshot without these keys. If the signer is one of them, no key signs. */
export function withoutKeys(snapshot: KeySnapshot, kids: ReadonlySet<string>): KeySnapshot {
  if (kids.size === 0) return snapshot
  const { signer, byKid, listed } = snapshot
  return Object.freeze({
    ...snapshot,
    signer: signer === undefined || kids.has(signer.kid) ? undefined : signer,
    byKid: new Map([...byKid].filter(([kid]) => !kids.has(kid))),
    listed: Object.freeze(listed.filter(({ kid }) => !kids.has(kid))),
  })
}

export function infosAt(records: KeyRecords, rules: RotationRules, now: number): KeyInfo[] {
  const signer = signerIndex(records, now)
  return records.map((record, at) => {
    const { kid, algorithm, createdAt, signsFrom, signsUntil, wrap } = record
    const until = verifiesUntil(records, at, rules)
    return Object.freeze({
      kid,
      algorithm,
      state: at > signer ? 'announced' : at === signer ? 'signing' : 'verifying',
      createdAt: new Date(createdAt),
      signsFrom: new Date(signsFrom),
      signsUntil: new Date(signsUntil),
      isListed: !algorithm.startsWith('HS') && isListed(records, at, rules, now),
      verifiesUntil: until === undefined ? undefined : new Date(until),
      wrap,
    })
  })
}

function isListed(records: KeyRecords, at: number, rules: RotationRules, now: number): boolean {
  return at >= signerIndex(records, now) || (listedUntil(records, at, rules) ?? Infinity) > now
}
