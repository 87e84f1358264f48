/**
 * The ready-made routes. Each is off unless it is named, and all answer with `Cache-Control: no-store`. The app's global
 * guards run; its pipes, interceptors and filters do not. With `'cookie'` among the module's `locations`, tokens travel
 * in cookies only, and every page that calls `login`, `refresh` or `logout` must pass the CSRF check.
 */
export interface EndpointRoutes {
  /** Where they are, below a global prefix and a version. Default `'auth'`. */
  readonly path?: string | undefined
  /** `POST login`: opens a session for the identity that the `Authenticator` finds. */
  readonly login?: boolean | LoginRoute | undefined
  /** `POST refresh`, with `{ refresh_token }` or its cookie. A cookie that is refused for good is cleared. */
  readonly refresh?: boolean | undefined
  /** `POST logout`, with either token: ends its session and clears the cookies. */
  readonly logout?: boolean | undefined
  /** `POST logout-all`, with an access token: ends all sessions of the caller. */
  readonly logoutAll?: boolean | undefined
  /** `GET sessions` and `DELETE sessions/:id`, with an access token: the caller's own. */
  readonly sessions?: boolean | undefined
  /** The app's own decorators, for one route each: `{ login: [Throttle({ … })] }`. Their guards run before the route. */
  readonly decorators?: EndpointDecorators | undefined
}

export interface LoginRoute {
  /** Below the `path` of all; `''`: that path itself. Default `'login'`. */
  readonly path?: string | undefined
  /** The names of the members of the body. Default `'username'` and `'password'`. */
  readonly username?: string | undefined
  readonly password?: string | undefined
}

/** The handlers of the ready-made routes. */
export const ENDPOINT_NAMES = ['login', 'refresh', 'logout', 'logoutAll', 'sessions', 'endSession'] as const

export type EndpointName = (typeof ENDPOINT_NAMES)[number]

export type EndpointDecorators = { readonly [Name in EndpointName]?: readonly MethodDecorator[] | undefined }

/** The login route with its defaults. */
export function loginRoute({ login }: EndpointRoutes) {
  const { path = 'login', username = 'username', password = 'password' } = Object(login) as LoginRoute
  return { path, username, password }
}
