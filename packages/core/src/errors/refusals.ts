/** What the client receives for a refusal. `challenge` is the RFC 6750 section 3.1 `error`; `null` sends a bare challenge. */
interface Refusal {
  readonly status: 400 | 401 | 403 | 503
  readonly challenge?: 'invalid_token' | 'insufficient_scope' | 'insufficient_user_authentication' | null
  readonly message: string
}

/** All refusals. Messages are constant, so no token, key or claim value can get into one. */
export const REFUSALS = {
  token_missing: { status: 401, challenge: null, message: 'A token is required.' },
  token_malformed: { status: 401, challenge: 'invalid_token', message: 'The token is malformed.' },
  token_signature_invalid: {
    status: 401,
    challenge: 'invalid_token',
    message: 'The signature of the token is invalid.',
  },
  token_wrong_type: { status: 401, challenge: 'invalid_token', message: 'The token is of the wrong type.' },
  token_expired: { status: 401, challenge: 'invalid_token', message: 'The token has expired.' },
  token_not_active: { status: 401, challenge: 'invalid_token', message: 'The token is not active yet.' },
  token_claims_invalid: {
    status: 401,
    challenge: 'invalid_token',
    message: 'The claims of the token are invalid.',
  },
  token_revoked: { status: 401, challenge: 'invalid_token', message: 'The token has been revoked.' },
  identity_unknown: {
    status: 401,
    challenge: 'invalid_token',
    message: 'The subject of the token is unknown.',
  },
  refresh_reused: { status: 401, challenge: 'invalid_token', message: 'The refresh token was used before.' },
  insufficient_user_authentication: {
    status: 401,
    challenge: 'insufficient_user_authentication',
    message: 'A more recent login is required.',
  },
  insufficient_scope: {
    status: 403,
    challenge: 'insufficient_scope',
    message: 'The scope of the token does not allow this.',
  },
  // A bare challenge: no scope would help, and clients that ask for more scopes would repeat that for ever.
  insufficient_claims: {
    status: 403,
    challenge: null,
    message: 'The claims of the token do not allow this.',
  },
  credentials_invalid: { status: 401, challenge: null, message: 'The credentials are invalid.' },
  request_invalid: { status: 400, message: 'The request is invalid.' },
  csrf_failed: { status: 403, message: 'The request comes from an origin that is not trusted.' },
  store_unavailable: { status: 503, message: 'The session store is unavailable. Try again shortly.' },
  keys_unavailable: { status: 503, message: 'The keys are unavailable. Try again shortly.' },
} as const satisfies Record<string, Refusal>

/** The stable `errorCode` of a refusal. */
export type AuthErrorCode = keyof typeof REFUSALS

export function refusalFor(code: AuthErrorCode): Refusal {
  return REFUSALS[code]
}
