/**
 * The ready-made routes. Each is off unless it is named, and all but `jwks` answer with `Cache-Control: no-store`. The
 * app's global guards run; its pipes, interceptors and filters do not. With `'cookie'` among the module's `locations`, tokens travel
 * in cookies only, and every page that calls `login`, `refresh` or `logout` must pass the CSRF check.
 */
export interface EndpointRoutes {
  /**
   * The path of all routes, below a global prefix and a version.
   *
   * @default 'auth'
   */
  readonly path?: string | undefined
  /**
   * `POST login`: opens a session for the identity that the `Authenticator` finds.
   *
   * @default false
   */
  readonly login?: boolean | LoginRoute | undefined
  /**
   * `POST refresh`, with `{ refresh_token }` or its cookie. A cookie that is refused for good is cleared.
   *
   * @default false
   */
  readonly refresh?: boolean | undefined
  /**
   * `POST logout`, with either token: ends its session and clears the cookies.
   *
   * @default false
   */
  readonly logout?: boolean | undefined
  /**
   * `POST logout-all`, with an access token: ends all sessions of the caller.
   *
   * @default false
   */
  readonly logoutAll?: boolean | undefined
  /**
   * `GET sessions` and `DELETE sessions/:id`, with an access token: the caller's own.
   *
   * @default false
   */
  readonly sessions?: boolean | undefined
  /**
   * `GET /.well-known/jwks.json`: the public keys of the app, for services that verify its tokens. At the root of the
   * host, outside a global prefix, versions and guards, and before all routes of the app. Needs a key that is not a secret.
   *
   * @default false
   */
  readonly jwks?: boolean | undefined
  /** The app's own decorators, for one route each: `{ login: [Throttle({ … })] }`. Their guards run before the route. */
  readonly decorators?: EndpointDecorators | undefined
}

/** The path of the login route, and the names of the two members of its body. */
export interface LoginRoute {
  /**
   * Below the `path` of all routes; `''`: that path itself.
   *
   * @default 'login'
   */
  readonly path?: string | undefined
  /**
   * The name of the member of the body that holds the username.
   *
   * @default 'username'
   */
  readonly username?: string | undefined
  /**
   * The name of the member of the body that holds the password.
   *
   * @default 'password'
   */
  readonly password?: string | undefined
}

/** The values of the options that are left out. */
export const ENDPOINT_DEFAULTS = {
  path: 'auth',
  login: { path: 'login', username: 'username', password: 'password' },
} as const

/** The paths of the other POST routes, which cannot be changed. */
export const POST_PATHS = { refresh: 'refresh', logout: 'logout', logoutAll: 'logout-all' } as const

/** The handlers of the ready-made routes. */
export const ENDPOINT_NAMES = ['login', 'refresh', 'logout', 'logoutAll', 'sessions', 'endSession'] as const

/** One ready-made route; `endSession` is `DELETE sessions/:id`. */
export type EndpointName = (typeof ENDPOINT_NAMES)[number]

/** The ready-made routes that are on. */
export function endpointNames({
  login,
  refresh,
  logout,
  logoutAll,
  sessions,
}: EndpointRoutes): EndpointName[] {
  const isOn = { login, refresh, logout, logoutAll, sessions, endSession: sessions }
  return ENDPOINT_NAMES.filter((name) => Boolean(isOn[name]))
}

/** Method decorators of the app for the ready-made routes. They are applied before the library's own. */
export type EndpointDecorators = { readonly [Name in EndpointName]?: readonly MethodDecorator[] | undefined }

/** The login route with its defaults. */
export function loginRoute({ login }: EndpointRoutes) {
  const defaults = ENDPOINT_DEFAULTS.login
  const given = Object(login) as LoginRoute
  return {
    path: given.path ?? defaults.path,
    username: given.username ?? defaults.username,
    password: given.password ?? defaults.password,
  }
}
