import { randomInt } from 'node:crypto'

/** The JOSE header member that says in which epoch of its subject a token without a session was issued. */
export const EPOCH = 'epoch'

const STRIDE = 2 ** 20

/**
 * Where a subject's epochs begin: anywhere, so that a store that has lost its records does not come back to one that it
 * had before. At most 14 digits, which every number format keeps.
 */
export function firstEpoch(): number {
  return randomInt(1, 2 ** 26) * STRIDE
}

/** The same for a store that shares its records with nobody: tokens come from other processes too. */
export const FIRST_EPOCH_OF_ALL = STRIDE

/**
 * Whether a token is of another epoch than the store now knows of its subject: `undefined` where it knows none. While
 * a token with an epoch lives, a shared store keeps one. A token without was issued where no sessions were, and is good
 * until the first `endAll`.
 */
export function isOver(own: unknown, current: number | undefined, isShared: boolean): boolean {
  if (current === undefined) return isShared && own !== undefined
  return own === undefined ? current % STRIDE !== 0 : own !== current
}
