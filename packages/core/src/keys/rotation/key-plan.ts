import type { Algorithm } from '../algorithms.js'
import type { KeyDates } from './key-record.js'

/** The options of the rotation. Durations are milliseconds. */
export interface RotationRules {
  readonly algorithm: Algorithm
  /** How long a key signs. */
  readonly every: number
  /** How long a key is in the JWKS before it signs. */
  readonly announce: number
  readonly accessLifetime: number
  /** 0 without refresh tokens. */
  readonly refreshLifetime: number
  readonly clockTolerance: number
}

/** A stored key, or without `kid` one that must still be made. */
export type PlannedKey = Omit<KeyDates, 'kid'> & { readonly kid: string | undefined }

/** In the order in which they sign. */
type Keys = readonly PlannedKey[]

/** The most keys that a JWKS may have: verifiers refuse larger ones, and so does this library. */
export const MAX_LISTED = 100

/**
 * Milliseconds for which others may use a copy of the JWKS: its `max-age` and `stale-while-revalidate`. Verifiers of this
 * app need a small part of it too, because clocks differ.
 */
export const MARGIN = 15 * 60_000

/** The next key is announced earlier than necessary by this time, because instances read the store only every 24 seconds. */
const LEAD = 60_000

/** The index of the key that signs at `now`; -1 if there is no key. */
export function signerIndex(keys: Keys, now: number): number {
  const at = keys.findLastIndex(({ signsFrom, isUrgent }) => isUrgent || signsFrom <= now)
  // If the clock is behind or was set back, all keys may be in the future; the first one signs then.
  return at === -1 ? Math.min(0, keys.length - 1) : at
}

/**
 * When the last instance stops signing with a key: at its planned end, because an instance that cannot read the store
 * does not know an earlier end, or when its successor begins, if that is later. `undefined` if it has no successor.
 */
export function signingEndsAt(keys: Keys, at: number): number | undefined {
  const [key, next] = [keys[at], keys[at + 1]]
  return key && next && Math.max(key.signsUntil, next.signsFrom)
}

/** When the last access token of a key expires and the key leaves the JWKS. `undefined`: not known yet. */
export function listedUntil(keys: Keys, at: number, rules: RotationRules): number | undefined {
  return endOf(keys, at, rules, ({ accessLifetime }) => accessLifetime)
}

/** When the last token of a key expires and the key is removed. `undefined`: not known yet. */
export function verifiesUntil(keys: Keys, at: number, rules: RotationRules): number | undefined {
  return endOf(keys, at, rules, ({ accessLifetime, refreshLifetime }) =>
    Math.max(accessLifetime, refreshLifetime),
  )
}

function endOf(keys: Keys, at: number, rules: RotationRules, lifetime: (key: PlannedKey) => number) {
  const [key, stop] = [keys[at], signingEndsAt(keys, at)]
  return key && stop && stop + lifetime(key) + rules.clockTolerance + MARGIN
}

/** The keys as they should be now: without those that have ended, and with the next one if it is time to announce it. */
export function plan(keys: Keys, rules: RotationRules, now: number): Keys {
  const signer = signerIndex(keys, now)
  const kept = keys.flatMap((key, at) => {
    if (at >= signer) return [withLifetimes(key, rules)]
    return (verifiesUntil(keys, at, rules) ?? Infinity) > now ? [key] : []
  })
  const signing = kept.at(signerIndex(kept, now))
  if (signing === undefined) return [...kept, newKey(kept, rules, now, now, true)]
  if (signerIndex(kept, now) < kept.length - 1) return kept
  const due = Math.min(signing.signsUntil, signing.signsFrom + rules.every)
  if (signing.algorithm === rules.algorithm && now < due - rules.announce - LEAD) return kept
  const earliest = now + rules.announce
  const signsFrom = signing.algorithm === rules.algorithm ? Math.max(due, earliest) : earliest
  return [...kept, newKey(kept, rules, now, signsFrom)]
}

/** Announces the next key. Returns the same keys if one is announced already, or if the first one must be made. */
export function planNext(keys: Keys, rules: RotationRules, now: number): Keys {
  if (keys.length === 0) return keys
  return signerIndex(keys, now) < keys.length - 1
    ? keys
    : [...keys, newKey(keys, rules, now, now + rules.announce)]
}

/** The announced key signs from now on, or a new one if none is announced. */
export function planImmediate(keys: Keys, rules: RotationRules, now: number): Keys {
  const next = keys[signerIndex(keys, now) + 1]
  if (next === undefined) return [...keys, newKey(keys, rules, now, now, true)]
  // Its planned end does not change, because an instance that cannot read the store signs until then.
  const urgent = {
    ...next,
    signsFrom: firstTimeAfter(keys.slice(0, keys.indexOf(next)), now),
    isUrgent: true,
  }
  return keys.map((key) => (key === next ? urgent : key))
}

/** Removes a key. If it signs, the announced key signs from now on, or a new one. */
export function planWithout(keys: Keys, kid: string, rules: RotationRules, now: number): Keys {
  const signing = keys[signerIndex(keys, now)]
  const replaced = signing?.kid === kid ? planImmediate(keys, rules, now) : keys
  return replaced.filter((key) => key.kid !== kid)
}

/** The lifetimes of a key only ever become longer, because instances may run with different options. */
function withLifetimes(key: PlannedKey, { accessLifetime, refreshLifetime }: RotationRules): PlannedKey {
  if (key.accessLifetime >= accessLifetime && key.refreshLifetime >= refreshLifetime) return key
  return {
    ...key,
    accessLifetime: Math.max(key.accessLifetime, accessLifetime),
    refreshLifetime: Math.max(key.refreshLifetime, refreshLifetime),
  }
}

function newKey(keys: Keys, rules: RotationRules, now: number, from: number, isUrgent = false): PlannedKey {
  const { algorithm, every, accessLifetime, refreshLifetime } = rules
  const signsFrom = firstTimeAfter(keys, from)
  const signsUntil = signsFrom + every
  return {
    kid: undefined,
    algorithm,
    createdAt: now,
    signsFrom,
    signsUntil,
    isUrgent,
    accessLifetime,
    refreshLifetime,
  }
}

/** The first time from `from` on that is after `signsFrom` of all these keys: the clock that made an earlier key may be ahead. */
function firstTimeAfter(keys: Keys, from: number): number {
  return Math.max(from, ...keys.map(({ signsFrom }) => signsFrom + 1))
}
