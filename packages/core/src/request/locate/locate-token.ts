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
export function locateToken<Context>(
  carrier: Carrier<Context>,
  locations: readonly ReadLocation<Context>[],
  kind: TokenKind,
): PresentedToken | undefined {
  for (const read of locations) {
    const text = read(carrier, kind)
    if (text !== undefined) return { text, byCookie: read.byCookie === true }
  }
  return undefined
}

/** Whether a cookie is the location that decides over this request, even one with a malformed value. */
export function isDecidedByCookie<Context>(
  carrier: Carrier<Context>,
  locations: readonly ReadLocation<Context>[],
  kind: TokenKind,
): boolean {
  return locations.find((read) => carriesAnything(read, carrier, kind))?.byCookie === true
}

function carriesAnything<Context>(
  read: ReadLocation<Context>,
  carrier: Carrier<Context>,
  kind: TokenKind,
): boolean {
  try {
    return read(carrier, kind) !== undefined
  } catch {
    return true
  }
}
