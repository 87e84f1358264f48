import type { TokenKind } from '../../token/token-kind.js'
import type { Carrier } from './carrier.js'
import type { ReadLocation } from './locations.js'

/** A token as it was found: nothing of it is trusted yet. */
export interface PresentedToken {
  readonly text: string
  /** Whether a cookie carried it, which browsers send by themselves. */
  readonly byCookie: boolean
}

/**
 * The first location that carries anything decides; a bad value there never falls through to the next.
 * `undefined`: no location carries anything. Throws `token_malformed`.
 */
export function locateToken(
  carrier: Carrier,
  locations: readonly ReadLocation[],
  kind: TokenKind,
): PresentedToken | undefined {
  for (const read of locations) {
    const text = read(carrier, kind)
    if (text !== undefined) return { text, byCookie: read.byCookie === true }
  }
  return undefined
}
