/** What `createAuthFetch` needs to know about an app. */
export interface AuthFetchOptions {
  /** `'bearer'`: the access token travels in `Authorization`. `'cookie'`: the tokens travel in cookies that no script can read. */
  readonly mode: 'bearer' | 'cookie'
  /** `POST` to this URL answers with new tokens: the ready-made `refresh` route, or your own. */
  readonly refreshUrl: string | URL
  /**
   * Where passwords are sent. A call to this URL carries no access token, and a refusal of it never leads to a refresh.
   * Default: `login` beside `refreshUrl`.
   */
  readonly loginUrl?: string | URL | undefined
  /** The origins that tokens are sent to; requests to any other are sent unchanged. Default: the origin of `refreshUrl`. */
  readonly origins?: readonly string[] | undefined
  /**
   * Bearer mode: where the refresh token is kept. Default: in memory, shared by the open tabs, and lost when the last
   * of them is closed or reloaded.
   */
  readonly storage?: RefreshTokenStorage | undefined
  /**
   * Bearer mode: finds the tokens in the parsed JSON of a login or refresh, where it is not the OAuth 2.0 token response.
   * Default: the body itself.
   */
  readonly readTokens?: ((body: unknown) => TokenResponse | undefined) | undefined
  /**
   * Finds the `errorCode` in the parsed JSON of a refusal. `undefined`: the body does not say it, and the
   * `WWW-Authenticate` header decides. Default: the member `errorCode` of the body.
   */
  readonly readError?: ((body: unknown) => string | undefined) | undefined
  /**
   * Called when the session has ended, in every open tab, and when a call was refused because there is no session.
   * Show the login form here. Where that is another page, do not navigate when it is already shown. What it throws is
   * logged.
   */
  readonly onSessionEnd?: (() => void) | undefined
  /** Sends the requests. Default: the global `fetch`. */
  readonly fetch?: typeof fetch | undefined
}

/** Where an app keeps the refresh token. All tabs must see the same token. A script injected into the page sees it too. */
export interface RefreshTokenStorage {
  /** The stored token; `null` or `undefined` if there is none. */
  get(): string | null | undefined | Promise<string | null | undefined>
  /** `undefined` removes the token. */
  set(token: string | undefined): void | Promise<void>
}

/** The members of the OAuth 2.0 token response (RFC 6749 section 5.1) that the client uses. */
export interface TokenResponse {
  /** Sent in `Authorization` with every call. */
  readonly access_token?: string | undefined
  /** Sent to `refreshUrl` only. If left out, the one before it is kept. */
  readonly refresh_token?: string | undefined
}

/** `fetch` with the user's tokens. In cookie mode cookies are sent to all `origins`; a `Request` keeps its own `credentials`. */
export interface AuthFetch {
  (...request: Parameters<typeof fetch>): Promise<Response>
  /**
   * Call it after a login; in bearer mode with the parsed JSON of the answer, which is read like that of a refresh.
   * All open tabs are then signed in.
   */
  signedIn(answer?: unknown): Promise<void>
  /** Call it when the server has answered a logout with success. Forgets the tokens; the other tabs get `onSessionEnd`. */
  signedOut(): Promise<void>
  /**
   * Calls `listener` with `true` when a user has signed in and with `false` when the session has ended, in this tab or in
   * another. A refresh changes neither. What a listener throws is logged. Returns a function that stops it.
   */
  subscribe(listener: SessionListener): () => void
  /** Stops listening to the other tabs. */
  close(): void
}

/** Told whether a user is signed in now. */
export type SessionListener = (signedIn: boolean) => void
