import type { Algorithm } from '../algorithms.js'
import type { KeyDates } from './key-record.js'

/** What the options say of the rotation. Durations are milliseconds. */
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

/** A key that is stored or, without a `kid`, one that must still be made. */
export type PlannedKey = Omit<KeyDates, 'kid'> & { readonly kid: string | undefined }

/** In the order in which they sign. */
type Keys = readonly PlannedKey[]

/**
 * The `max-age` and `stale-while-revalidate` of the JWKS: for so long others may use a copy of it. Own verifiers need a
 * little of it as well, because clocks differ.
 */
export const MARGIN = 15 * 60_000

/** The next key is announced so much earlier than it must be, because instances look at the store only now and then. */
const LEAD = 60_000

/** The place of the key that signs at `now`; -1 where there is no key. */
export function signerAt(keys: Keys, now: number): number {
  const at = keys.findLastIndex(({ signsFrom, isUrgent }) => isUrgent || signsFrom <= now)
  // Of a clock that is behind, or was set back, all keys may be in the future.
  return at === -1 ? Math.min(0, keys.length - 1) : at
}

/**
 * When the last instance stops to sign with a key: at its planned end, because an instance that cannot read the store
 * does not know of an earlier one; later, if its successor begins later. `undefined` as long as it has no successor.
 */
export function stopOf(keys: Keys, at: number): number | undefined {
  const [key, next] = [keys[at], keys[at + 1]]
  return key && next && Math.max(key.signsUntil, next.signsFrom)
}

/** Until when access tokens of a key can be good, and so when it leaves the JWKS. `undefined`: not known yet. */
export function listedUntil(keys: Keys, at: number, rules: RotationRules): number | undefined {
  return endOf(keys, at, rules, ({ accessLifetime }) => accessLifetime)
}

/** Until when any token of a key can be good, and so when it goes. `undefined`: not known yet. */
export function verifiesUntil(keys: Keys, at: number, rules: RotationRules): number | undefined {
  return endOf(keys, at, rules, ({ accessLifetime, refreshLifetime }) =>
    Math.max(accessLifetime, refreshLifetime),
  )
}

function endOf(keys: Keys, at: number, rules: RotationRules, lifetime: (key: PlannedKey) => number) {
  const [key, stop] = [keys[at], stopOf(keys, at)]
  return key && stop && stop + lifetime(key) + rules.clockTolerance + MARGIN
}

/** What the keys should be now: without those that have ended, with the next one in time. */
export function plan(keys: Keys, rules: RotationRules, now: number): Keys {
  const signer = signerAt(keys, now)
  const kept = keys.flatMap((key, at) => {
    if (at >= signer) return [withLifetimes(key, rules)]
    return (verifiesUntil(keys, at, rules) ?? Infinity) > now ? [key] : []
  })
  const signing = kept.at(signerAt(kept, now))
  if (signing === undefined) return [...kept, newKey(kept, rules, now, now, true)]
  if (signerAt(kept, now) < kept.length - 1) return kept
  const due = Math.min(signing.signsUntil, signing.signsFrom + rules.every)
  if (signing.algorithm === rules.algorithm && now < due - rules.announce - LEAD) return kept
  const earliest = now + rules.announce
  const signsFrom = signing.algorithm === rules.algorithm ? Math.max(due, earliest) : earliest
  return [...kept, newKey(kept, rules, now, signsFrom)]
}

/** Announces the next key. The same keys, if one is announced already. */
export function planNext(keys: Keys, rules: RotationRules, now: number): Keys {
  return signerAt(keys, now) < keys.length - 1
    ? keys
    : [...keys, newKey(keys, rules, now, now + rules.announce)]
}

/** Lets the announced key sign from now on; a new one, if none is announced. */
export function planImmediate(keys: Keys, rules: RotationRules, now: number): Keys {
  const next = keys[signerAt(keys, now) + 1]
  if (next === undefined) return [...keys, newKey(keys, rules, now, now, true)]
  const others = keys.filter((key) => key !== next)
  const before = others.filter(({ signsFrom }) => signsFrom < next.signsFrom)
  // Its planned end stays: an instance that does not hear of this signs until then.
  const urgent = { ...next, signsFrom: following(before, now), isUrgent: true }
  return [...before, urgent, ...others.filter((key) => !before.includes(key))]
}

/** Without that key. If it signs, the announced or a new one signs from now on. */
export function planWithout(keys: Keys, kid: string, rules: RotationRules, now: number): Keys {
  const signing = keys[signerAt(keys, now)]
  const replaced = signing?.kid === kid ? planImmediate(keys, rules, now) : keys
  return replaced.filter((key) => key.kid !== kid)
}

/** Settings of another instance may let tokens live longer; those of a key never become shorter. */
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
  const signsFrom = following(keys, from)
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

/** After all of these keys: their order is that of `signsFrom`, and the clock that an earlier key was made by may be ahead. */
function following(keys: Keys, from: number): number {
  return Math.max(from, ...keys.map(({ signsFrom }) => signsFrom + 1))
}
