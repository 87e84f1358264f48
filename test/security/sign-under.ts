import { createHmac, type KeyObject, sign } from 'node:crypto'
import type { JwtKey } from '@nest-jwt-auth/core'
import { encodePart } from '../support/forge.js'

/** A token under any key, however weak. */
export function signatureUnder(key: JwtKey, algorithm: string, claims: Record<string, unknown>): string {
  const input = `${encodePart({ alg: algorithm, typ: 'at+jwt' })}.${encodePart(claims)}`
  const signature =
    'secret' in key
      ? createHmac('sha256', key.secret).update(input).digest()
      : sign('sha256', Buffer.from(input), (key as { privateKey: KeyObject }).privateKey)
  return `${input}.${signature.toString('base64url')}`
}
