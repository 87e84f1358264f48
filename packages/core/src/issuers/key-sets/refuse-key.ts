import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { MAX_KID_LENGTH } from '../../keys/import-key.js'
import type { KeySet, WantedKey } from './key-set.js'
import type { KeyRules } from './published-key.js'

/** What no other set of keys could change: the `alg` is not accepted, or the `kid` names nothing. */
export function refusalForEver({ kid, alg }: WantedKey, { algorithms }: KeyRules): JwtAuthError | undefined {
  if (!algorithms.includes(alg)) return invalid('alg is not one of the algorithms of the issuer')
  if (kid !== undefined && (kid === '' || kid.length > MAX_KID_LENGTH)) return unknown('kid names no key')
  return undefined
}

/** Why a complete set of keys has none for a token. */
export function refusal(set: KeySet, wanted: WantedKey, rules: KeyRules): JwtAuthError {
  const forEver = refusalForEver(wanted, rules)
  if (forEver !== undefined) return forEver
  if (!set.knows(wanted)) return unknown('the issuer has no such key')
  if (wanted.kid === undefined) return unknown('the header has no kid, and not exactly one key fits')
  return invalid('the key does not serve this alg or issuer, or is not the only one of its kid')
}

export function keysUnavailable(reason: string): JwtAuthError {
  return new JwtAuthError('keys_unavailable', { reason })
}

function unknown(reason: string): JwtAuthError {
  return new JwtAuthError('token_signature_invalid', { reason, isKeyUnknown: true })
}

function invalid(reason: string): JwtAuthError {
  return new JwtAuthError('token_signature_invalid', { reason })
}
