/** One login on one device: all tokens with the same `sid`. The app gets this form of a session. */
export interface AuthSession {
  /** The `sid` of its tokens. */
  readonly id: string
  /** The `sub` of its tokens. */
  readonly subject: string
  /** When `issue` opened the session. */
  readonly createdAt: Date
  /** The login, or the last refresh. */
  readonly lastUsedAt: Date
  /** When the session ends if it is not refreshed before. */
  readonly expiresAt: Date
  /** When the user logged in: `auth_time`. `undefined` for a session of `exchangeLegacy`, where nobody knows. */
  readonly authTime: Date | undefined
  /** The `session.metadata` that was given to `issue`; `{}` by default. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** What identifies one refresh token. The token itself is never stored. */
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
  /** `undefined`: not known. */
  readonly authTime: number | undefined
  /** The absolute end, which a refresh does not change; `undefined`: there is none. */
  readonly endsAt: number | undefined
  readonly current: RefreshRecord
  /** The token that `current` came from, and when. */
  readonly parent: { readonly jti: string; readonly rotatedAt: number } | undefined
  /** After this time no verifier accepts the session's tokens, so the record may be removed. */
  readonly keepUntil: number
  /** JSON of the library: metadata, and what is merged again at each refresh. A store keeps it as it is. */
  readonly data: string
}
