/** Access and refresh tokens are told apart by the JOSE header `typ` (RFC 8725 section 3.11), and never interchangeable. */
export type TokenKind = 'access' | 'refresh'

/** What a verified token can be. The `typ` of one-time tokens is `<purpose>+jwt`. */
export type VerifiedKind = TokenKind | 'one-time'

export const TOKEN_TYPES: Readonly<Record<TokenKind, string>> = { access: 'at+jwt', refresh: 'rt+jwt' }

/** The longest token in characters. RFC 8725 leaves the limit open; HTTP servers refuse headers that are little longer. */
export const MAX_TOKEN_LENGTH = 8192

/** The longest JOSE header of a token of this app in characters, as it is encoded. */
export const MAX_HEADER_LENGTH = 1024

/** The same for tokens of other issuers, whose headers may hold certificates, which are never read. */
export const MAX_FOREIGN_HEADER_LENGTH = 4096
