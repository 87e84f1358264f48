import { CommandError } from '../command.js'

/** The parts of a token that can be read by anybody. Nothing in it is verified. */
export interface DecodedToken {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly length: number
  readonly hasSignature: boolean
  /** Whether all three parts are in the one canonical form of base64url (RFC 7515 section 2). */
  readonly isCanonical: boolean
}

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
  return {
    header: objectIn(headerPart, 'header'),
    claims: objectIn(payloadPart, 'payload'),
    length: token.length,
    hasSignature: signature !== '',
    isCanonical: parts.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part),
  }
}

function objectIn(part: string, name: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url')))
  } catch {
    throw new CommandError(
      `This is no JWT: its ${name} is not JSON in base64url. Was it cut, or copied with a line break?`,
    )
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw new CommandError(`This is no JWT: its ${name} is not a JSON object.`)
}
