import { createHash } from 'node:crypto'

/** How an id looks that stores take: see `SessionStore`. */
const ID = /^[\w-]{1,64}$/

export function isId(text: unknown): text is string {
  return typeof text === 'string' && ID.test(text)
}

/** The `jti` as stores know it: one that a loader made up (`claimsMode: 'replace'`) may look like anything. */
export function keyOfJti(jti: string): string {
  return isId(jti) ? jti : createHash('sha256').update(jti, 'utf16le').digest('base64url')
}
