import { derivedMac } from '../keys/derived-mac.js'
import type { KeyRing } from '../keys/key-ring.js'
import type { BoundClaims } from '../request/csrf/check-csrf.js'

/** Makes and checks the MACs that CSRF tokens consist of. A key ring is one. */
export interface CsrfMacs {
  mac(text: string): string
  /** Whether one of the keys in use made this MAC of the string. */
  matchesMac(text: string, mac: string): boolean
}

/**
 * Derives the key from `secret`, or from the first signing key if there is none. A CSRF token made with a key of the ring
 * stays valid while that key is listed, so neither a key rotation nor a new `secret` breaks the sessions of browsers.
 * `undefined`: there is no secret, and no key to derive one from.
 */
export function csrfMacs(secret: string | Uint8Array | undefined, ring: KeyRing): CsrfMacs | undefined {
  if (secret === undefined) return ring.canMac ? ring : undefined
  const own = derivedMac(Buffer.from(secret))
  return {
    mac: own.of,
    matchesMac: (text, mac) => own.matches(text, mac) || ring.matchesMac(text, mac),
  }
}

/** One CSRF token for a pair of tokens: one MAC if they share a session, otherwise one for each. */
export function csrfTokenFor(tokens: readonly BoundClaims[], macs: CsrfMacs): string {
  return [...new Set(tokens.map((claims) => macs.mac(bound(claims))))].join('.')
}

/** Whether the CSRF token was made for the session, or for the token where there is no session. */
export function isCsrfTokenFor(csrfToken: string, claims: BoundClaims, macs: CsrfMacs): boolean {
  return csrfToken.split('.', 3).some((mac) => macs.matchesMac(bound(claims), mac))
}

/** Contains the name of the claim, so that the value of one claim cannot be taken for another. */
function bound({ sid, jti, sub }: BoundClaims): string {
  const by = sid === undefined ? (jti === undefined ? { sub } : { jti }) : { sid }
  return `csrf ${JSON.stringify(by)}`
}
