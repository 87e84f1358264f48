import { createHmac } from 'node:crypto'

/** The HMAC key of the suite's apps. */
export const SECRET = 'kV8-qzJ2.fixture!7WmxT4pL9sR0bN3+Hd6Yc1'

type Json = Record<string, unknown>
type Part = Json | readonly unknown[] | string

export interface DecodedToken {
  header: Json
  claims: Json
}

/** An object is written as JSON, a text goes in as it is. */
export function encodePart(part: Part): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}

/** A compact JWS with any header and payload, signed well. */
export function forgeToken(header: Part, payload: Part, secret: string = SECRET, hash = 'sha256'): string {
  const input = `${encodePart(header)}.${encodePart(payload)}`
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`
}

export function readToken(token: string): DecodedToken {
  const [header = '', claims = ''] = token.split('.')
  return { header: decodePart(header), claims: decodePart(claims) }
}

export interface Change {
  header?: Json
  claims?: Json
  secret?: string
}

/** The same token with some members changed (`undefined` leaves one out), signed well with the given secret. */
export function reforge(token: string, { header, claims, secret = SECRET }: Change): string {
  const original = readToken(token)
  return forgeToken({ ...original.header, ...header }, { ...original.claims, ...claims }, secret)
}

/** The same text, one bit of its signature flipped. */
export function breakSignature(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0)
  return `${header}.${payload}.${bytes.toString('base64url')}`
}

function decodePart(part: string): Json {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Json
}
