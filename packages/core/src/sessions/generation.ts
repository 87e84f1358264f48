import { randomInt } from 'node:crypto'
import type { VerifiedToken } from '../token/token-verifier.js'

/** The JOSE header member that says in which generation of its subject a token without a session was issued. */
export const GENERATION = 'generation'

const STRIDE = 2 ** 20

/**
 * The first generation of a subject. It is random, so a store that lost its records does not start again with a
 * generation that it used before. At most 14 digits, so that every number format can hold it exactly.
 */
export function firstGeneration(): number {
  return randomInt(1, 2 ** 26) * STRIDE
}

/** The same for a store that shares its records with nobody: it is asked about tokens of other processes too. */
export const FIRST_GENERATION_OF_ALL = STRIDE

/** The generation in which a token was issued. Only this app says so, and only of its own tokens. */
export function generationOf({ header, origin }: VerifiedToken): unknown {
  return origin === undefined ? header[GENERATION] : undefined
}

/**
 * Whether the subject's tokens have been ended since a token was issued. `own` is the generation in its header,
 * `current` what the store knows, `undefined` where it keeps none. A shared store keeps one for as long as a token with
 * a generation lives. A token without one was issued where no sessions were, or by former code, and is good
 * until the first `endAll`.
 */
export function isPastGeneration(own: unknown, current: number | undefined, isShared: boolean): boolean {
  if (current === undefined) return isShared && own !== undefined
  return own === undefined ? current % STRIDE !== 0 : own !== current
}
