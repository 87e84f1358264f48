/**
 * The ready-made routes: each is off unless it is named. All answer with `Cache-Control: no-store`. With `'cookie'`
 * among the module's `locations` tokens travel in cookies alone, and every page that calls `login`, `refresh` or
 * `logout` must pass the CSRF check.
 */
export interface EndpointRoutes {
  /** Where they are, below a global prefix and a version. Default `'auth'`. */
  readonly path?: string | undefined
  /** `POST login`: opens a session for whom the `Authenticator` knows. */
  readonly login?: boolean | LoginRoute | undefined
  /** `POST refresh`, with `{ refresh_token }` or its cookie. A cookie that is refused for good is cleared. */
  readonly refresh?: boolean | undefined
  /** `POST logout`, with either token: ends its session and clears the cookies. */
  readonly logout?: boolean | undefined
  /** `POST logout-all`, with an access token: ends all sessions of the caller. */
  readonly logoutAll?: boolean | undefined
  /** `GET sessions` and `DELETE sessions/:id`, with an access token: the caller's own. */
  readonly sessions?: boolean | undefined
}

export interface LoginRoute {
  /** Below the `path` of all; `''`: that itself. Default `'login'`. */
  readonly path?: string | undefined
  /** What the body's members are called. Default `'username'` and `'password'`. */
  readonly username?: string | undefined
  readonly password?: string | undefined
}

/** The login route with its defaults. */
export function loginRoute({ login }: EndpointRoutes) {
  const { path = 'login', username = 'username', password = 'password' } = Object(login) as LoginRoute
  return { path, username, password }
}
