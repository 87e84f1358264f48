export interface AuthFetchOptions {
  /** `'bearer'`: the access token goes into `Authorization`. `'cookie'`: cookies that no script sees carry the tokens. */
  readonly mode: 'bearer' | 'cookie'
  /** `POST` here gives new tokens: the ready-made `refresh` route. */
  readonly refreshUrl: string | URL
  /** The origins that tokens are sent to. Default: that of `refreshUrl`. Requests to others go out as they are. */
  readonly origins?: readonly string[] | undefined
  /** Bearer mode: where the refresh token is kept. Default: in memory, shared by the open tabs, gone with the last one. */
  readonly storage?: RefreshTokenStorage | undefined
  /** The session is over, or there is none, and a call needed one: show the login. Every open tab is told. */
  readonly onSessionEnd?: (() => void) | undefined
  /** What sends the requests. Default: the global `fetch`. */
  readonly fetch?: typeof fetch | undefined
}

/** Where an app keeps the refresh token. All tabs must see the same one: a script that gets into the page sees it too. */
export interface RefreshTokenStorage {
  get(): string | null | undefined | Promise<string | null | undefined>
  /** `undefined`: forget it. */
  set(token: string | undefined): void | Promise<void>
}

/** What of the OAuth 2.0 token response (RFC 6749 section 5.1) the client keeps. */
export interface TokenResponse {
  readonly access_token?: string | undefined
  readonly refresh_token?: string | undefined
}

/** `fetch`, signed in. In cookie mode cookies go to the app's other origins as well; a `Request` keeps its own `credentials`. */
export interface AuthFetch {
  (...request: Parameters<typeof fetch>): Promise<Response>
  /** After a login; in bearer mode with what it answered. All tabs are signed in then. */
  signedIn(tokens?: TokenResponse): Promise<void>
  /** After a logout. Forgets the tokens; the other tabs get their `onSessionEnd`. */
  signedOut(): Promise<void>
  /** Hears no more of other tabs. */
  close(): void
}
