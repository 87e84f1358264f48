import { JwtAuthUsageError } from '../errors/usage.error.js'
import type { KeyRing } from '../keys/key-ring.js'
import { MAX_TOKEN_LENGTH, TOKEN_TYPES } from '../token/token-kind.js'
import type { ClaimsSet } from './assemble-claims.js'
import { GENERATION } from '../sessions/generation.js'
import { toJson } from './to-json.js'

/** Header members that decide how a token is read: only the library sets them, or nobody does. */
const RESERVED_MEMBERS: ReadonlySet<string> = new Set([
  'alg', 'kid', 'typ', 'cty', 'crit', 'b64', 'zip', 'enc', 'jwk', 'jku', 'x5c', 'x5u', 'x5t', 'x5t#S256', GENERATION,
]) // prettier-ignore

/** Signs a compact JWS (RFC 7515 section 7.1) of this `typ` with the ring's first key. */
export function signToken(
  keys: KeyRing,
  typ: string,
  claims: ClaimsSet,
  header?: Readonly<Record<string, unknown>>,
  generation?: number,
): string {
  const headerText =
    header === undefined && generation === undefined
      ? plainHeader(keys, typ)
      : ownHeader(keys, typ, header ?? {}, generation)
  const input = `${headerText}.${encode(toJson(claims, 'claims_invalid'))}`
  const token = `${input}.${keys.signingKey.sign(input)}`
  if (token.length > MAX_TOKEN_LENGTH) {
    throw new JwtAuthUsageError(
      'token_too_large',
      `The token would be ${token.length} characters long, and ${MAX_TOKEN_LENGTH} are allowed. Put less into its claims.`,
    )
  }
  return token
}

const plainHeaders = new WeakMap<KeyRing, Map<string, string>>()

/** The header of nearly all tokens, encoded once: it says only what the key and the type say. */
function plainHeader(keys: KeyRing, typ: string): string {
  const known = plainHeaders.get(keys)?.get(typ)
  if (known !== undefined) return known
  const text = ownHeader(keys, typ, {}, undefined)
  if (Object.values(TOKEN_TYPES).includes(typ)) {
    plainHeaders.set(keys, new Map([...(plainHeaders.get(keys) ?? []), [typ, text]]))
  }
  return text
}

/** `generation`: of the subject, for a token without a session. */
function ownHeader(
  { signingKey: { algorithm, kid } }: KeyRing,
  typ: string,
  header: Readonly<Record<string, unknown>>,
  generation: number | undefined,
): string {
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new JwtAuthUsageError('header_invalid', 'options.header must be an object.')
  }
  const reserved = Object.keys(header).find((name) => RESERVED_MEMBERS.has(name))
  if (reserved !== undefined) {
    throw new JwtAuthUsageError(
      'header_reserved',
      `The header member "${reserved}" can not be set by the app.`,
    )
  }
  const members = {
    alg: algorithm,
    typ,
    kid,
    ...header,
    ...(generation === undefined ? {} : { [GENERATION]: generation }),
  }
  return encode(toJson(members, 'header_invalid'))
}

function encode(json: string): string {
  return Buffer.from(json, 'utf8').toString('base64url')
}
