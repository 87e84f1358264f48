import { generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { newCertificate } from '../support/certificate.js'
import { encodePart } from '../support/forge.js'
import { inSeconds } from './foreign-app.js'

type Json = Record<string, unknown>

const KID = 'key-1'

/** Another party that signs by RS256, as most providers do. */
export class RsaParty {
  private readonly keys = generateKeyPairSync('rsa', { modulusLength: 2048 })

  get jwks(): { keys: (JsonWebKey & Json)[] } {
    return {
      keys: [{ ...this.keys.publicKey.export({ format: 'jwk' }), kid: KID, use: 'sig', alg: 'RS256' }],
    }
  }

  /** X.509 certificates by `kid`, as Firebase publishes its keys. */
  get certificates(): Record<string, string> {
    return { [KID]: newCertificate(this.keys.privateKey, { from: '2020-01-01', to: '2120-01-01' }) }
  }

  get privateKey(): KeyObject {
    return this.keys.privateKey
  }

  /** Good for a minute. `undefined` leaves a member out. */
  token(header: Json, claims: Json, key = this.keys.privateKey): string {
    const head = encodePart({ alg: 'RS256', kid: KID, ...header })
    const input = `${head}.${encodePart({ iat: inSeconds(0), exp: inSeconds(60), ...claims })}`
    return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
  }
}
