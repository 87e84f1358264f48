import { JwtAuthError, type JwtAuthErrorDetails } from '../errors/jwt-auth.error.js'
import type { RingKey } from '../keys/import-key.js'
import type { KeyFinder } from '../keys/key-ring.js'
import { decodeHeader, decodePayload, type JoseHeader, malformed, splitCompactJws } from './compact-jws.js'

/** A compact JWS whose signature is good. What its payload says has not been looked at. */
export interface VerifiedJws {
  readonly header: JoseHeader
  readonly key: RingKey
  readonly payload: Buffer
}

/** Tokens of one key and type usually have identical headers (`alg`, `kid`, `typ`), so decoded headers are kept. */
const MAX_HEADERS = 64
const SHARED_MEMBERS = 3

/** The signature alone: by the key that `kid` names, and by that key's one algorithm (RFC 8725 section 3.1). */
export class JwsVerifier {
  private readonly headers = new Map<string, JoseHeader>()

  constructor(private readonly keys: KeyFinder) {}

  /** Throws `token_malformed` or `token_signature_invalid`. */
  verify(token: string): VerifiedJws {
    const { headerText, payloadText, signingInput, signature } = splitCompactJws(token)
    const known = this.headers.get(headerText)
    const header = known ?? decodeHeader(headerText)
    const key = this.keyOf(header)
    if (!key.verify(signingInput, signature)) {
      if (/[^\w-]/.test(signature)) throw malformed('the signature is not base64url')
      throw invalid('the signature does not match')
    }
    if (known === undefined) this.remember(headerText, header)
    return { header, key, payload: decodePayload(payloadText) }
  }

  /** The key that a header names, if it is in the ring and for this algorithm. Throws `token_signature_invalid`. */
  keyOf({ alg, kid }: JoseHeader): RingKey {
    const key = kid === undefined ? undefined : this.keys.find(kid)
    if (key === undefined) throw invalid('kid names no key of the ring', { isKeyUnknown: true })
    if (key.algorithm !== alg) throw invalid('alg is not the algorithm of the key')
    return key
  }

  private remember(headerText: string, header: JoseHeader): void {
    if (Object.keys(header).length > SHARED_MEMBERS) return
    if (this.headers.size >= MAX_HEADERS) this.headers.clear()
    // A copy: the slice would keep the whole token in memory.
    this.headers.set(Buffer.from(headerText).toString('latin1'), header)
  }
}

function invalid(
  reason: string,
  also?: Pick<JwtAuthErrorDetails, 'isKeyUnknown'>,
): JwtAuthError<'token_signature_invalid'> {
  return new JwtAuthError('token_signature_invalid', { reason, ...also })
}
