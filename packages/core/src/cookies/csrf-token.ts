import type { KeyRing } from '../keys/key-ring.js'
import type { BoundClaims } from '../request/csrf/check-csrf.js'

/** One text for tokens that travel together: one MAC where they share a session, else one each. */
export function csrfTokenFor(tokens: readonly BoundClaims[], keys: KeyRing): string {
  return [...new Set(tokens.map((claims) => keys.mac(bound(claims))))].join('.')
}

export function isCsrfTokenFor(text: string, claims: BoundClaims, keys: KeyRing): boolean {
  return text.split('.', 3).some((mac) => keys.vouches(bound(claims), mac))
}

/** The session, or the token where there is none. The name stands beside the value, so that no claim can pass for another. */
function bound({ sid, jti, sub }: BoundClaims): string {
  const by = sid === undefined ? (jti === undefined ? { sub } : { jti }) : { sid }
  return `csrf ${JSON.stringify(by)}`
}
