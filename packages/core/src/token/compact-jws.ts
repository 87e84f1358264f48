import { JwtAuthError } from '../errors/jwt-auth.error.js'
import { decodeBase64Url } from '../keys/base64url.js'
import { MAX_HEADER_LENGTH, MAX_TOKEN_LENGTH } from './token-kind.js'
import { type FrozenObject, parseStrictObject } from './strict-json.js'

/** A JOSE header with the members that every token must have; deeply frozen. */
export interface JoseHeader {
  readonly alg: string
  readonly kid?: string
  readonly typ?: string
  readonly [name: string]: unknown
}

/** The three parts of a compact JWS (RFC 7515 section 7.1). Nothing in it is trusted yet. */
export interface CompactJws {
  /** The whole token. */
  readonly text: string
  readonly headerText: string
  readonly payloadText: string
  /** Header and payload with the dot between them: the input of the signature. */
  readonly signingInput: string
  readonly signature: string
  /**
   * The claims in the payload, parsed once. Do not trust them before the signature was verified. Throws
   * `token_malformed`.
   */
  readonly claims: () => FrozenObject
}

/** Throws `token_malformed` for a value that is not a string or is too long. */
export function checkSize(token: unknown): asserts token is string {
  if (typeof token !== 'string') throw malformed('the token is not a string')
  if (token.length > MAX_TOKEN_LENGTH) throw malformed('the token is too long')
}

/** Splits a token at its dots, after a check of its length. Throws `token_malformed`. */
export function splitCompactJws(token: string): CompactJws {
  checkSize(token)
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  if (first < 1 || second === -1 || token.includes('.', second + 1)) {
    throw malformed('the token does not have three parts')
  }
  const payloadText = token.slice(first + 1, second)
  let claims: FrozenObject | undefined
  return {
    text: token,
    headerText: token.slice(0, first),
    payloadText,
    signingInput: token.slice(0, second),
    signature: token.slice(second + 1),
    claims: () => (claims ??= parseClaims(decodePayload(payloadText))),
  }
}

/**
 * Header members that change how the rest of the token must be read (RFC 7515 section 4.1.11, RFC 7797, RFC 7516, RFC 7519
 * section 5.2): a token with one of them is refused. `jwk`, `jku`, `x5u` and `x5c` are allowed, and never read.
 */
const REFUSED_MEMBERS = ['crit', 'b64', 'zip', 'cty', 'enc'] as const

/** Decodes a header. Throws `token_malformed`. */
export function decodeHeader(headerText: string, maxLength = MAX_HEADER_LENGTH): JoseHeader {
  if (headerText.length > maxLength) throw malformed('the header is too long')
  const bytes = decodeBase64Url(headerText)
  const header = bytes && parseStrictObject(bytes)
  if (header === undefined) throw malformed('the header is not a JSON object in strict base64url')
  if (REFUSED_MEMBERS.some((name) => Object.hasOwn(header, name))) {
    throw malformed('the header has a member that is never accepted')
  }
  if (!isText(header['alg']) || !isTextOrAbsent(header['kid']) || !isTextOrAbsent(header['typ'])) {
    throw malformed('alg is missing, or alg, kid or typ in the header is not a string')
  }
  return header as JoseHeader
}

/** The bytes of a payload. Throws `token_malformed`. */
export function decodePayload(payloadText: string): Buffer {
  const bytes = decodeBase64Url(payloadText)
  if (bytes === undefined) throw malformed('the payload is not strict base64url')
  return bytes
}

/** Parses the claims of a payload (RFC 7519 section 7.2). Throws `token_malformed`. */
function parseClaims(payload: Buffer): FrozenObject {
  const claims = parseStrictObject(payload)
  if (claims === undefined) throw malformed('the payload is not an unambiguous JSON object')
  return claims
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isTextOrAbsent = (value: unknown): boolean => value === undefined || isText(value)

export function malformed(reason: string): JwtAuthError<'token_malformed'> {
  return new JwtAuthError('token_malformed', { reason })
}
