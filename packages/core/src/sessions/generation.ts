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

/** The first generation in a store that is not shared, which must also accept tokens that other processes issued. */
export const FIRST_GENERATION_OF_ALL = STRIDE

/** The generation in which this app issued a token; `undefined` for tokens of others. */
export function generationOf({ header, origin }: VerifiedToken): unknown {
  return origin === undefined ? header[GENERATION] : undefined
}

/**
 * Whether all tokens of the subject have been ended since a token was issued. `own` is the generation in the token's
 * header; `current` is the store's, `undefined` if it keeps none. A shared store keeps one at least as long as tokens with
 * a generation are valid. A token without one was issued while sessions were off, or by former code, and is valid until
 * the first `endAll`.
 */
export function isPastGeneration(own: unknown, current: number | undefined, isShared: boolean): boolean {
  if (current === undefined) return isShared && own !== undefined
  return own === undefined ? current % STRIDE !== 0 : own !== current
}
