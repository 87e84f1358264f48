import type { AuthFetchOptions, TokenResponse } from './auth-fetch.js'

/**
 * Whether the call could succeed with other tokens. The `errorCode` decides, and without one the challenge (RFC 6750
 * section 3). A challenge without `error` means that the server saw no token, or that a password was wrong; it is the
 * latter if an `accessToken` was sent.
 */
export async function refusesTokens(
  response: Response,
  { readError }: AuthFetchOptions,
  accessToken?: string,
): Promise<boolean> {
  const challenge = response.headers.get('www-authenticate')
  if (response.status !== 401 && !challenge) return false
  const read = (body: { readonly errorCode?: unknown }) => String(readError?.(body) ?? body.errorCode)
  const body = response.clone().json()
  // It may not be JSON, or not what `readError` expects.
  const code = await body.then(read).catch(() => '')
  if (/^(token|identity|refresh)_/.test(code)) return true
  if (!challenge || code === 'credentials_invalid') return false
  const error = /\berror="?(\w+)/.exec(challenge)?.[1]
  return error ? error === 'invalid_token' : response.status === 401 && !accessToken
}

/** The tokens in the parsed JSON of a login or refresh. Throws where there are none. */
export function tokensIn(body: unknown, { readTokens }: AuthFetchOptions): TokenResponse {
  const tokens = hasAccessToken(body) ? body : readTokens?.(body)
  if (hasAccessToken(tokens)) return tokens
  throw new TypeError('No access_token: set readTokens.')
}

function hasAccessToken(body: unknown): body is TokenResponse {
  return typeof (body as TokenResponse | null | undefined)?.access_token === 'string'
}
