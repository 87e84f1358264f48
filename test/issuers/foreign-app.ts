import { sign } from 'node:crypto'
import type { IssuerOptions } from '@nest-jwt-auth/core'
import { encodePart } from '../support/forge.js'
import { newKey, type StubKey } from './issuer-stub.js'

type Json = Record<string, unknown>

/** Seconds since the epoch, for tokens of apps with the system's clock. */
export const inSeconds = (offset: number): number => Math.floor(Date.now() / 1000) + offset

/** Another party that signs access tokens, and publishes its key in a fixed set. */
export class OtherParty {
  readonly key: StubKey

  constructor(
    readonly issuer: string,
    kid = 'key-1',
  ) {
    this.key = newKey(kid, { alg: 'ES256' })
  }

  /** An entry of the option `issuers` that accepts its tokens. */
  options(also: Partial<IssuerOptions> = {}): IssuerOptions {
    return {
      issuer: this.issuer,
      keys: { keys: [this.key.jwk] },
      audience: 'api',
      algorithms: ['ES256'],
      ...also,
    }
  }

  /** A good token, or one with members changed; `undefined` leaves one out. */
  token(claims: Json = {}, header: Json = {}, key = this.key): string {
    const payload = {
      iss: this.issuer,
      sub: 'ada',
      aud: 'api',
      iat: inSeconds(0),
      exp: inSeconds(300),
      ...claims,
    }
    return signAs(key, { alg: 'ES256', kid: this.key.jwk['kid'], typ: 'at+jwt', ...header }, payload)
  }
}

/** A compact JWS by ES256. */
export function signAs({ privateKey }: StubKey, header: Json, payload: Json): string {
  const input = `${encodePart(header)}.${encodePart(payload)}`
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}
