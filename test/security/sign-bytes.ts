import { createHmac } from 'node:crypto'
import { SECRET } from '../support/forge.js'

type Part = Buffer | string | Record<string, unknown> | readonly unknown[]

function bytesOf(part: Part): Buffer {
  if (Buffer.isBuffer(part)) return part
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part))
}

/** Signs whatever it is given, with the right key. */
export interface Author {
  /** A compact JWS of any two byte strings, signed well. */
  readonly signBytes: (header: Part, payload: Part) => string
  /** The same of two parts as they stand, encoded well or not. */
  readonly signInput: (input: string) => string
}

export function authorWith(sign: (input: string) => Buffer): Author {
  const signInput = (input: string): string => `${input}.${sign(input).toString('base64url')}`
  return {
    signInput,
    signBytes: (header, payload) =>
      signInput([header, payload].map((part) => bytesOf(part).toString('base64url')).join('.')),
  }
}

/** Has the secret of the suite's apps. */
export const ownAuthor = authorWith((input) => createHmac('sha256', SECRET).update(input).digest())

export const { signBytes, signInput } = ownAuthor
