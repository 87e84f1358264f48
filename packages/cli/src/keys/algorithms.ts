import type { KeyObject } from 'node:crypto'
import { nearestName } from '../arguments/nearest-name.js'
import { CommandError } from '../command.js'

interface SecretKind {
  readonly family: 'hmac'
  readonly hash: string
  readonly bytes: number
}

/** What is needed to make a key for an algorithm of RFC 7518 section 3.1 or RFC 8037, and to verify with one. */
export type KeyKind =
  | SecretKind
  | { readonly family: 'rsa' }
  | { readonly family: 'ec'; readonly curve: string }
  | { readonly family: 'ed25519' }

const SECRET_KINDS: Readonly<Record<string, SecretKind>> = {
  HS256: { family: 'hmac', hash: 'sha256', bytes: 32 },
  HS384: { family: 'hmac', hash: 'sha384', bytes: 48 },
  HS512: { family: 'hmac', hash: 'sha512', bytes: 64 },
}
const KINDS: Readonly<Record<string, KeyKind>> = {
  ES256: { family: 'ec', curve: 'P-256' },
  ES384: { family: 'ec', curve: 'P-384' },
  ES512: { family: 'ec', curve: 'P-521' },
  EdDSA: { family: 'ed25519' },
  Ed25519: { family: 'ed25519' },
  RS256: { family: 'rsa' },
  RS384: { family: 'rsa' },
  RS512: { family: 'rsa' },
  PS256: { family: 'rsa' },
  PS384: { family: 'rsa' },
  PS512: { family: 'rsa' },
  ...SECRET_KINDS,
}

export const ALGORITHMS: readonly string[] = Object.keys(KINDS)
export const SECRET_ALGORITHMS: readonly string[] = Object.keys(SECRET_KINDS)

/** Those that a public key verifies. */
export function algorithmsOf(publicKey: KeyObject): string[] {
  const { kty, crv } = publicKey.export({ format: 'jwk' })
  return ALGORITHMS.filter((name) => {
    const kind = KINDS[name]
    if (kind?.family === 'ec') return crv === kind.curve
    return kind?.family === 'rsa' ? kty === 'RSA' : kind?.family === 'ed25519' && crv === 'Ed25519'
  })
}

/** Throws a `CommandError` for an unknown algorithm. */
export const keyKindOf = (algorithm: string): KeyKind => kindIn(KINDS, algorithm)

/** Throws a `CommandError` for an algorithm that uses no secret. */
export const secretKindOf = (algorithm: string): SecretKind => kindIn(SECRET_KINDS, algorithm)

function kindIn<Kind>(kinds: Readonly<Record<string, Kind>>, algorithm: string): Kind {
  const kind = Object.hasOwn(kinds, algorithm) ? kinds[algorithm] : undefined
  if (kind !== undefined) return kind
  const allowed = Object.keys(kinds)
  const sameLetters = allowed.find((one) => one.toLowerCase() === algorithm.toLowerCase())
  const advice = sameLetters === undefined ? `Use one of ${allowed.join(', ')}.` : `Write ${sameLetters}.`
  // What is similar to a name is no secret that got into the wrong place.
  const isTypo = sameLetters !== undefined || nearestName(algorithm, ALGORITHMS)?.isTypo === true
  const shown = isTypo ? `The algorithm ${algorithm}` : 'This algorithm'
  throw new CommandError(`${shown} is not supported here. ${advice}`)
}
