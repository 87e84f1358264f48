import type { RingKey } from './import-key.js'

/** Whether two keys have the same secret or public key, whatever their algorithms and names are. */
export function isSameKey(one: RingKey, other: RingKey): boolean {
  if (one.publicJwk === undefined || other.publicJwk === undefined) {
    const isSecret = one.publicJwk === undefined && other.publicJwk === undefined
    return isSecret && one.mac !== undefined && other.mac?.matches(PROBE, one.mac.of(PROBE)) === true
  }
  const [jwk, otherJwk] = [one.publicJwk, other.publicJwk]
  return PUBLIC_MEMBERS.every((name) => jwk[name] === otherJwk[name])
}

const PROBE = 'same key'

/** What a public key consists of (RFC 7638 section 3.2). */
const PUBLIC_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e'] as const
