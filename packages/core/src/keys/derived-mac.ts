import { hkdfSync, timingSafeEqual } from 'node:crypto'
import { hmac } from './hmac.js'

/** An HMAC for other purposes than tokens, by a key of its own (RFC 5869): it can never make or check a signature. */
export interface DerivedMac {
  readonly of: (text: string) => string
  readonly matches: (text: string, mac: string) => boolean
}

export function derivedMac(keyMaterial: Uint8Array): DerivedMac {
  const key = Buffer.from(hkdfSync('sha256', keyMaterial, '', 'nest-jwt-auth csrf', 32))
  const of = hmac('sha256', key)
  return {
    of,
    matches: (text, mac) => {
      const expected = Buffer.from(of(text))
      const given = Buffer.from(mac)
      return expected.length === given.length && timingSafeEqual(expected, given)
    },
  }
}
