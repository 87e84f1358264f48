/** One login on one device: the family of refresh tokens that share a `sid`, as the app is shown it. */
export interface AuthSession {
  readonly id: string
  readonly subject: string
  readonly createdAt: Date
  /** The login, or the last refresh. */
  readonly lastUsedAt: Date
  /** When it ends unless it is refreshed before. */
  readonly expiresAt: Date
  /** When the user last proved who they are. */
  readonly authTime: Date
  /** What `issue` was given as `session.metadata`; `{}` where nothing was. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** One refresh token, by what makes it that token. Its text is never stored. */
export interface RefreshRecord {
  readonly jti: string
  /** Seconds since the epoch, like the claims of these names. */
  readonly iat: number
  readonly exp: number
}

/** A session as a store keeps it. Times are milliseconds since the epoch, except where `RefreshRecord` says otherwise. */
export interface SessionRecord {
  readonly id: string
  readonly subject: string
  readonly createdAt: number
  readonly lastUsedAt: number
  readonly authTime: number
  /** The absolute end, which no refresh moves. */
  readonly endsAt: number | undefined
  readonly current: RefreshRecord
  /** The token that `current` came from, and when. */
  readonly parent: { readonly jti: string; readonly rotatedAt: number } | undefined
  /** From then on no verifier accepts what the record speaks of, and it may go. */
  readonly keepUntil: number
  /** JSON of the library's: metadata, and what of `issue` is merged again at each refresh. A store keeps it as it is. */
  readonly data: string
}
