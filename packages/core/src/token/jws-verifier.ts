import { JwtAuthError, type JwtAuthErrorDetails } from '../errors/jwt-auth.error.js'
import type { RingKey } from '../keys/import-key.js'
import type { ChangingKeys } from '../keys/key-ring.js'
import { type CompactJws, decodeHeader, type JoseHeader, malformed } from './compact-jws.js'
import { MAX_HEADER_LENGTH } from './token-kind.js'

/** A compact JWS whose signature is valid. Its payload has not been checked. */
export interface VerifiedJws {
  readonly header: JoseHeader
  readonly key: RingKey
}

/** Tokens of one key and type usually have identical headers (`alg`, `kid`, `typ`), so decoded headers are kept. */
const MAX_HEADERS = 64
const SHARED_MEMBERS = 3

/** Checks the signature only, by the key that `kid` names and that key's one algorithm (RFC 8725 section 3.1). */
export class JwsVerifier {
  private readonly headers = new Map<string, JoseHeader>()

  /** `maxHeaderLength`: in characters of the encoded header. */
  constructor(
    private readonly keys: ChangingKeys,
    private readonly maxHeaderLength = MAX_HEADER_LENGTH,
  ) {}

  /** Reads the keys again if they may be outdated. `undefined` if they are not. Never rejects. */
  refreshKeysIfStale(): Promise<void> | undefined {
    return this.keys.refreshIfStale?.()
  }

  /** Throws `token_malformed`. */
  headerOf({ headerText }: CompactJws): JoseHeader {
    return this.headers.get(headerText) ?? decodeHeader(headerText, this.maxHeaderLength)
  }

  /** Throws `token_malformed`, `token_signature_invalid`, or `keys_unavailable` if the keys cannot be fetched. */
  async verify(jws: CompactJws): Promise<VerifiedJws> {
    const header = this.headerOf(jws)
    const key = this.findKey(header) ?? (await this.fetchKey(header))
    this.checkSignature(jws, header, key)
    return { header, key }
  }

  /** Throws `token_malformed` or `token_signature_invalid`. */
  checkSignature(
    { headerText, signingInput, signature }: CompactJws,
    header: JoseHeader,
    key: RingKey,
  ): void {
    if (!key.verify(signingInput, signature)) {
      if (/[^\w-]/.test(signature)) throw malformed('the signature is not base64url')
      throw invalid('the signature does not match')
    }
    if (!this.headers.has(headerText)) this.remember(headerText, header)
  }

  /** The key that a header names, if it is known here. Throws `token_signature_invalid` if it has another algorithm. */
  findKey({ alg, kid }: JoseHeader): RingKey | undefined {
    const key = this.keys.find(kid, alg)
    if (key !== undefined && key.algorithm !== alg) throw invalid('alg is not the algorithm of the key')
    return key
  }

  /** Fetches the key that a header names, if `findKey` does not know it. Throws `token_signature_invalid` or `keys_unavailable`. */
  async fetchKey({ alg, kid }: JoseHeader): Promise<RingKey> {
    const key = await this.keys.fetchKey?.(kid, alg)
    if (key === undefined) throw unknownKey(kid)
    if (key.algorithm !== alg) throw invalid('alg is not the algorithm of the key')
    return key
  }

  private remember(headerText: string, header: JoseHeader): void {
    if (Object.keys(header).length > SHARED_MEMBERS) return
    if (this.headers.size >= MAX_HEADERS) this.headers.clear()
    // A copy, because a slice of a string keeps the whole token in memory.
    this.headers.set(Buffer.from(headerText).toString('latin1'), header)
  }
}

/** The refusal of a token whose header names an unknown key. */
export function unknownKey(kid: string | undefined): JwtAuthError<'token_signature_invalid'> {
  return invalid(kid === undefined ? 'the header has no kid' : 'kid names no key', { isKeyUnknown: true })
}

function invalid(
  reason: string,
  also?: Pick<JwtAuthErrorDetails, 'isKeyUnknown'>,
): JwtAuthError<'token_signature_invalid'> {
  return new JwtAuthError('token_signature_invalid', { reason, ...also })
}
