import type { TokenKind } from '../../token/token-kind.js'
import type { Carrier } from './carrier.js'
import type { ReadLocation } from './locations.js'

/** The string that a request carries as its token. Nothing in it has been checked. */
export interface PresentedToken {
  readonly token: string
  /** Whether a cookie carried it: browsers add cookies automatically, so CSRF is possible. */
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
    const token = read(carrier, kind)
    if (token !== undefined) return { token, byCookie: read.byCookie === true }
  }
  return undefined
}

/** Whether the first location of this request that carries anything is a cookie, even with a malformed value. */
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
