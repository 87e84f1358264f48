import { createHash } from 'node:crypto'

/** The ids that stores accept: see `SessionStore`. */
const ID = /^[\w-]{1,64}$/

export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value)
}

/** The id of a token in stores. A `jti` that a claims loader made (`claimsMode: 'replace'`) may be any string, so it is hashed. */
export function keyOfJti(jti: string): string {
  return isId(jti) ? jti : createHash('sha256').update(jti, 'utf16le').digest('base64url')
}
