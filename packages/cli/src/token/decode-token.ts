import { CommandError } from '../command.js'
import { countMembers, MAX_DEPTH, shapeOf } from './json-shape.js'

/** The parts of a token that can be read by anybody. Nothing in it is verified. */
export interface DecodedToken {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly length: number
  readonly hasSignature: boolean
  /** Whether all three parts are in the one canonical form of base64url (RFC 7515 section 2). */
  readonly isCanonical: boolean
  /** Whether an object of the header or the payload has a member twice: parsers differ in which one counts. */
  readonly hasTwins: boolean
  /** How deeply its objects and arrays are nested. */
  readonly depth: number
}

/** Deeper ones cannot be shown: JSON.stringify calls itself for each level. */
const MAX_SHOWN_DEPTH = 500

/** Reads a compact JWS (RFC 7515 section 7.1). Throws a `CommandError` that never quotes the token. */
export function decodeToken(token: string): DecodedToken {
  const parts = token.split('.')
  if (parts.length === 5) {
    throw new CommandError(
      'This token is encrypted (a JWE): only whoever has its key can read it. It is no token of @nest-jwt-auth/core.',
    )
  }
  const [headerPart, payloadPart, signature] = parts
  if (
    parts.length !== 3 ||
    headerPart === undefined ||
    payloadPart === undefined ||
    signature === undefined
  ) {
    throw new CommandError(
      `This is no JWT: a JWT has three parts with dots between them, and this has ${parts.length}.`,
    )
  }
  const [header, claims] = [objectIn(headerPart, 'header'), objectIn(payloadPart, 'payload')]
  return {
    header: header.value,
    claims: claims.value,
    hasTwins: header.hasTwins || claims.hasTwins,
    depth: Math.max(header.depth, claims.depth),
    length: token.length,
    hasSignature: signature !== '',
    isCanonical: parts.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part),
  }
}

interface DecodedObject {
  readonly value: Readonly<Record<string, unknown>>
  readonly depth: number
  readonly hasTwins: boolean
}

function objectIn(part: string, name: string): DecodedObject {
  const bytes = Buffer.from(part, 'base64url')
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    throw new CommandError(
      `This is no JWT: its ${name} is not JSON in base64url. Was it cut, or copied with a line break?`,
    )
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CommandError(`This is no JWT: its ${name} is not a JSON object.`)
  }
  const { depth, members } = shapeOf(bytes)
  if (depth > MAX_SHOWN_DEPTH) {
    throw new CommandError(
      `The ${name} of this token is nested ${depth} levels deep, and ${MAX_SHOWN_DEPTH} can be read. This library accepts ${MAX_DEPTH}.`,
    )
  }
  return { value: value as DecodedObject['value'], depth, hasTwins: countMembers(value) < members }
}
