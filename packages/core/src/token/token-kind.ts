/** Access and refresh tokens are told apart by the JOSE header `typ` (RFC 8725 section 3.11), and never interchangeable. */
export type TokenKind = 'access' | 'refresh'

/** What a verified token can be. One-time tokens have `<purpose>+jwt` as `typ`. */
export type VerifiedKind = TokenKind | 'one-time'

export const TOKEN_TYPES: Readonly<Record<TokenKind, string>> = { access: 'at+jwt', refresh: 'rt+jwt' }

/** No token is longer, in characters: RFC 8725 leaves the bound to us, HTTP servers refuse headers soon after it. */
export const MAX_TOKEN_LENGTH = 8192
