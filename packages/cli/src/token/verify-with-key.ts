import type { CompactVerifyGetKey } from 'jose'
import { type ClaimDemands, objectionTo } from './check-claims.js'
import { type DecodedToken, decodeToken } from './decode-token.js'
import { describeKind } from './describe-kind.js'
import { MAX_LENGTH, REFUSED_MEMBERS } from './find-oddities.js'
import { MAX_DEPTH } from './json-shape.js'
import type { Verdict } from './verdict.js'
import type { VerificationKey } from './verifiers.js'

/** What a token must have beside a good signature and dates; `undefined`: anything. */
export interface Demands extends ClaimDemands {
  readonly kind: 'access' | 'refresh' | undefined
}

/** The messages of `@nest-jwt-auth/core`. */
const MESSAGES = {
  token_malformed: 'The token is malformed.',
  token_signature_invalid: 'The signature of the token is invalid.',
  token_wrong_type: 'The token is of the wrong type.',
  token_expired: 'The token has expired.',
  token_not_active: 'The token is not active yet.',
  token_claims_invalid: 'The claims of the token are invalid.',
} as const

/** The codes of `@nest-jwt-auth/core` for the refusals of jose. */
const CODES: Readonly<Record<string, keyof typeof MESSAGES>> = {
  ERR_JWS_INVALID: 'token_malformed',
  ERR_JOSE_NOT_SUPPORTED: 'token_malformed',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'token_signature_invalid',
  ERR_JOSE_ALG_NOT_ALLOWED: 'token_signature_invalid',
  ERR_JWKS_NO_MATCHING_KEY: 'token_signature_invalid',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'token_signature_invalid',
}

/**
 * Verifies form, signature, type, dates and what is demanded, in the order of the library, but without its sessions. A token
 * that an app with this key refuses is refused here too.
 */
export async function verifyWithKey(token: string, key: VerificationKey, demands: Demands): Promise<Verdict> {
  const decoded = decodeToken(token)
  const flaw = flawOf(decoded)
  if (flaw !== undefined) return refused('token_malformed', flaw)
  const forged = await signatureProblem(token, key)
  if (forged !== undefined) return forged
  const { header, claims } = decoded
  const { kind } = demands
  if (kind !== undefined && describeKind(header['typ']).kind !== kind) {
    return refused('token_wrong_type', `typ is not that of ${kind} tokens`)
  }
  const objection = objectionTo(claims, demands, Date.now())
  return objection === undefined ? { accepted: true, claims } : refused(objection.errorCode, objection.reason)
}

/** What the library refuses in the form of any token. */
function flawOf({ header, length, isCanonical, hasTwins, depth }: DecodedToken): string | undefined {
  if (length > MAX_LENGTH) return `it is longer than ${MAX_LENGTH} characters`
  if (!isCanonical) return 'it is not encoded in the one canonical form of base64url'
  if (hasTwins) return 'a name occurs twice in an object of the header or the payload'
  if (depth > MAX_DEPTH) return `it is nested deeper than ${MAX_DEPTH} levels`
  const member = REFUSED_MEMBERS.find((name) => Object.hasOwn(header, name))
  if (member !== undefined) return `the header has ${member}, which is never accepted`
  const name = ['alg', 'kid', 'typ'].find((one) => !['string', 'undefined'].includes(typeof header[one]))
  return name && `${name} in the header is not a string`
}

/** `undefined`: the signature is good. */
async function signatureProblem(
  token: string,
  { key, algorithms }: VerificationKey,
): Promise<Verdict | undefined> {
  const { compactVerify } = await import('jose')
  try {
    // Both forms of the key are allowed, but not by one signature of the function.
    await compactVerify(token, key as CompactVerifyGetKey, { algorithms: [...algorithms] })
    return undefined
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string }
    const errorCode = CODES[code]
    if (errorCode !== undefined) return refused(errorCode, message)
    if (error instanceof TypeError) return refused('token_signature_invalid', 'its alg does not fit the key')
    throw error
  }
}

function refused(errorCode: keyof typeof MESSAGES, reason: string): Verdict {
  return { accepted: false, errorCode, message: MESSAGES[errorCode], reason }
}
