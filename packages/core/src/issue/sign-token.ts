import { JwtAuthUsageError } from '../errors/usage.error.js'
import type { SigningKey } from '../keys/import-key.js'
import type { KeyRing } from '../keys/key-ring.js'
import { GENERATION } from '../sessions/generation.js'
import type { PlainObject } from '../token/plain-data.js'
import { MAX_HEADER_LENGTH, MAX_TOKEN_LENGTH, TOKEN_TYPES } from '../token/token-kind.js'

/** Header members that decide how a token is read: the library sets them, or they must be absent. */
const RESERVED_MEMBERS: ReadonlySet<string> = new Set([
  'alg', 'kid', 'typ', 'cty', 'crit', 'b64', 'zip', 'enc', 'jwk', 'jku', 'x5c', 'x5u', 'x5t', 'x5t#S256', GENERATION,
]) // prettier-ignore

/**
 * Signs a compact JWS (RFC 7515 section 7.1) of this `typ` with the key ring's first key. A promise only where that key
 * signs outside this process. Throws `header_reserved`, `token_too_large`, or `keys_unavailable` where that fails.
 */
export function signToken(
  keys: KeyRing,
  typ: string,
  claims: PlainObject,
  header?: PlainObject,
  generation?: number,
): string | Promise<string> {
  // Read once: another key may be the first one a moment later.
  const key = keys.signingKey
  const encodedHeader =
    header === undefined && generation === undefined
      ? plainHeader(key, typ)
      : encodeHeader(key, typ, header ?? {}, generation)
  const input = `${encodedHeader}.${encode(claims)}`
  const signature = key.sign(input)
  return typeof signature === 'string'
    ? joined(input, signature)
    : signature.then((resolved) => joined(input, resolved))
}

function joined(input: string, signature: string): string {
  const token = `${input}.${signature}`
  if (token.length <= MAX_TOKEN_LENGTH) return token
  throw tooLarge(
    `options.claims: The token would be ${token.length} characters long, but at most ${MAX_TOKEN_LENGTH} are allowed. ` +
      'Put less into options.claims, or return less from the claims loader.',
  )
}

const plainHeaders = new WeakMap<SigningKey, Map<string, string>>()

/** The header of nearly all tokens, encoded once: it holds only what the key and the type say. */
function plainHeader(key: SigningKey, typ: string): string {
  const known = plainHeaders.get(key)?.get(typ)
  if (known !== undefined) return known
  const encoded = encodeHeader(key, typ, {}, undefined)
  if (Object.values(TOKEN_TYPES).includes(typ)) {
    plainHeaders.set(key, new Map([...(plainHeaders.get(key) ?? []), [typ, encoded]]))
  }
  return encoded
}

/** `generation`: of the subject, for a token without a session. */
function encodeHeader(
  { algorithm, kid }: SigningKey,
  typ: string,
  header: PlainObject,
  generation: number | undefined,
): string {
  const reserved = Object.keys(header).find((name) => RESERVED_MEMBERS.has(name))
  if (reserved !== undefined) {
    throw new JwtAuthUsageError(
      'header_reserved',
      `options.header: Only the library may set the member "${reserved}". Remove it.`,
    )
  }
  const members = {
    alg: algorithm,
    typ,
    kid,
    ...header,
    [GENERATION]: generation,
  }
  const encoded = encode(members)
  if (encoded.length <= MAX_HEADER_LENGTH) return encoded
  throw tooLarge(
    `options.header: The header of the token would be ${encoded.length} characters long, but at most ${MAX_HEADER_LENGTH} are ` +
      'allowed. Put less into it.',
  )
}

function encode(part: PlainObject): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function tooLarge(message: string): JwtAuthUsageError {
  return new JwtAuthUsageError('token_too_large', message)
}
