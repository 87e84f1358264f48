import { randomInt } from 'node:crypto'

/** The JOSE header member that says in which generation of its subject a token without a session was issued. */
export const GENERATION = 'generation'

const STRIDE = 2 ** 20

/**
 * Where a subject's generations begin: anywhere, so that a store that has lost its records does not come back to one that it
 * had before. At most 14 digits, which every number format keeps.
 */
export function firstGeneration(): number {
  return randomInt(1, 2 ** 26) * STRIDE
}

/** The same for a store that shares its records with nobody: tokens come from other processes too. */
export const FIRST_GENERATION_OF_ALL = STRIDE

/**
 * Whether a token is of another generation than the store now knows of its subject: `undefined` where it knows none. While
 * a token with a generation lives, a shared store keeps one. A token without was issued where no sessions were, and is good
 * until the first `endAll`.
 */
export function isOver(own: unknown, current: number | undefined, isShared: boolean): boolean {
  if (current === undefined) return isShared && own !== undefined
  return own === undefined ? current % STRIDE !== 0 : own !== current
}
