import { ENDPOINT_NAMES, loginRoute, POST_PATHS } from '../../nest/endpoints/endpoint-routes.js'
import type { CheckedExtras, CheckedOptions } from '../options/option-tables.js'
import type { JwtAuthOptions } from '../jwt-auth-options.js'
import type { Problems } from '../problems.js'

const NEED_SESSIONS = ['refresh', 'logout', 'logoutAll', 'sessions'] as const

const SWITCHED_OFF = [
  'The route needs sessions, but refreshToken is false',
  'Leave the route out, or remove refreshToken: false',
] as const
const ONLY_VERIFIES = [
  'The route needs sessions, but an app without a key that can sign has none of its own',
  'Leave the route out, or set sessionStore to the store of the app that issues the tokens',
] as const

/** Reports routes of `endpoints` that lack what they need. */
export function checkEndpoints(
  given: JwtAuthOptions,
  { refreshToken }: CheckedOptions,
  { endpoints }: CheckedExtras,
  problems: Problems,
): void {
  checkLogin(endpoints, problems)
  checkDecorators(endpoints, problems)
  const [problem, fix] = given.refreshToken === false ? SWITCHED_OFF : ONLY_VERIFIES
  for (const name of NEED_SESSIONS) {
    if (!endpoints[name] || refreshToken !== false || problems.mentions(`endpoints.${name}`)) continue
    problems.add(`endpoints.${name}`, problem, fix)
  }
}

function checkDecorators({ decorators, ...routes }: CheckedExtras['endpoints'], problems: Problems): void {
  const isOn = { ...routes, endSession: routes.sessions }
  for (const name of ENDPOINT_NAMES) {
    if (decorators[name] === undefined || isOn[name] !== false) continue
    problems.add(
      `endpoints.decorators.${name}`,
      'The decorators are for a route that is switched off',
      'Switch the route on, or remove the decorators',
    )
  }
}

function checkLogin(endpoints: CheckedExtras['endpoints'], problems: Problems): void {
  const { login, authenticator } = endpoints
  if (login === false) return
  if (authenticator === undefined && !problems.mentions('endpoints.authenticator')) {
    problems.add(
      'endpoints.authenticator',
      'The login route is switched on, but no authenticator is set',
      'Set it to a class that extends Authenticator, and provide that class in one module',
    )
  }
  checkLoginPath(endpoints, problems)
  if (login !== true && login.username === login.password) {
    problems.add(
      'endpoints.login.password',
      'The name is the same as that of the username',
      'Give the two members different names',
    )
  }
}

/** Of two routes with one path, only the first would be reached. */
function checkLoginPath(endpoints: CheckedExtras['endpoints'], problems: Problems): void {
  const path = normalized(loginRoute({ login: endpoints.login }).path)
  for (const name of ['refresh', 'logout', 'logoutAll'] as const) {
    if (!endpoints[name] || normalized(POST_PATHS[name]) !== path) continue
    problems.add(
      'endpoints.login.path',
      `The path is that of the route ${name}`,
      'Give the login another path',
    )
  }
}

/** Without the slashes at both ends and in lower case, as routers compare paths by default. */
function normalized(path: string): string {
  return path.replaceAll(/^\/+|\/+$/g, '').toLowerCase()
}
