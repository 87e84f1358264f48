import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose'
import { type DecodedToken, decodeToken } from './decode-token.js'
import { describeKind } from './describe-kind.js'
import { CLOCK_SKEW, MAX_LENGTH } from './find-oddities.js'
import { MAX_DEPTH } from './json-shape.js'
import type { Verdict } from './verdict.js'
import type { VerificationKey } from './verifiers.js'

/** What a token must have beside a good signature and dates; `undefined`: anything. */
export interface Demands {
  readonly issuer: string | undefined
  readonly audience: string | undefined
  readonly kind: 'access' | 'refresh' | undefined
}

/** The codes of `@nest-jwt-auth/core` for the refusals of jose. */
const CODES: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'token_expired',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'token_claims_invalid',
  ERR_JWT_INVALID: 'token_malformed',
  ERR_JWS_INVALID: 'token_malformed',
  ERR_JOSE_NOT_SUPPORTED: 'token_malformed',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'token_signature_invalid',
  ERR_JOSE_ALG_NOT_ALLOWED: 'token_signature_invalid',
  ERR_JWKS_NO_MATCHING_KEY: 'token_signature_invalid',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'token_signature_invalid',
}

/** Verifies signature, form, dates and what is demanded. As the library does, but without its sessions. */
export async function verifyWithKey(token: string, key: VerificationKey, demands: Demands): Promise<Verdict> {
  const flaw = flawOf(decodeToken(token))
  if (flaw !== undefined) return refused('token_malformed', 'The token is malformed.', flaw)
  const { jwtVerify } = await import('jose')
  const { issuer, audience, kind } = demands
  const options: JWTVerifyOptions = {
    algorithms: [...key.algorithms],
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  }
  try {
    // Both forms of the key are allowed, but not by one signature of the function.
    const { payload, protectedHeader } = await jwtVerify(token, key.key as JWTVerifyGetKey, options)
    const problem = claimProblem(payload)
    if (problem !== undefined) return problem
    const isKind = kind === undefined || describeKind(protectedHeader.typ).kind === kind
    if (isKind) return { accepted: true, claims: payload }
    return refused('token_wrong_type', 'The token has the wrong type.', `typ is not that of ${kind} tokens`)
  } catch (error) {
    return verdictOf(error)
  }
}

/** What the library refuses in any token, and jose does not. */
function flawOf({ length, isCanonical, hasTwins, depth }: DecodedToken): string | undefined {
  if (length > MAX_LENGTH) return `it is longer than ${MAX_LENGTH} characters`
  if (!isCanonical) return 'it is not encoded in the one canonical form of base64url'
  if (hasTwins) return 'a name occurs twice in an object of the header or the payload'
  return depth > MAX_DEPTH ? `it is nested deeper than ${MAX_DEPTH} levels` : undefined
}

/** What every token that the library accepts has: its own and those of other issuers. */
function claimProblem({ sub, exp, iat, nbf }: JWTPayload): Verdict | undefined {
  const invalid = (reason: string) => refused('token_claims_invalid', 'The claims are invalid.', reason)
  if (typeof sub !== 'string' || sub === '' || sub.length > 255) {
    return invalid('sub is not a string of 1 to 255 characters')
  }
  if (exp === undefined) {
    return invalid(
      'it has no exp, so it never expires; only an app with accessToken.allowNever accepts it: use --app',
    )
  }
  if (Math.max(iat ?? 0, nbf ?? 0) >= exp) return invalid('exp is not after iat and nbf')
  if ((iat ?? 0) > Date.now() / 1000 + CLOCK_SKEW) {
    return refused('token_not_active', 'The token is not active yet.', 'iat is in the future')
  }
  return undefined
}

function verdictOf(error: unknown): Verdict {
  const { code = '', claim, message } = error as { code?: string; claim?: string; message: string }
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED' && claim === 'nbf') {
    return refused('token_not_active', 'The token is not active yet.', 'nbf is in the future')
  }
  const errorCode = CODES[code]
  if (errorCode !== undefined) return refused(errorCode, 'The token is invalid.', message)
  if (error instanceof TypeError) {
    return refused('token_signature_invalid', 'The token is invalid.', 'its alg does not fit the key')
  }
  throw error
}

function refused(errorCode: string, message: string, reason: string): Verdict {
  return { accepted: false, errorCode, message, reason }
}
