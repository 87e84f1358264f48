import { loginRoute } from '../nest/endpoints/endpoint-routes.js'
import { refuseUnknownInside } from './known-options.js'
import type { EndpointsOptions, JwtAuthExtras, JwtAuthOptions } from './jwt-auth-options.js'
import type { Problems } from './problems.js'

const ON_OR_OFF = ['refresh', 'logout', 'logoutAll', 'sessions'] as const

/** What is wrong with the ready-made routes, but for what the graph of modules shows. */
export function checkEndpoints(
  { refreshToken }: JwtAuthOptions,
  { endpoints }: JwtAuthExtras,
  problems: Problems,
): void {
  if (typeof endpoints !== 'object' || endpoints === null) return
  if (!isTextOrAbsent(endpoints.path)) {
    problems.add('endpoints.path', 'is no text', "Write 'auth', for instance")
  }
  checkLogin(endpoints, problems)
  for (const name of ON_OR_OFF) {
    const value: unknown = endpoints[name]
    if (value !== undefined && typeof value !== 'boolean') {
      problems.add(`endpoints.${name}`, 'is neither true nor false', 'Leave it out, or write true')
    } else if (value === true && refreshToken === false) {
      problems.add(
        `endpoints.${name}`,
        'needs sessions, and refreshToken is false',
        'Leave it out, or remove refreshToken: false',
      )
    }
  }
}

function checkLogin({ login, authenticator }: EndpointsOptions, problems: Problems): void {
  if (login === undefined || login === false) return
  if (authenticator === undefined) {
    problems.add(
      'endpoints.authenticator',
      'is missing, and login is on',
      'Name a class that extends Authenticator, and provide it in one module',
    )
  }
  if (login === true) return
  const path = 'endpoints.login'
  refuseUnknownInside(path, ['path', 'username', 'password'], login, problems)
  const { path: below, username, password } = Object(login) as Exclude<typeof login, boolean>
  if (!isTextOrAbsent(below)) problems.add(`${path}.path`, 'is no text', "Write 'login', or '' for none")
  for (const [name, value] of Object.entries({ username, password })) {
    if (!isTextOrAbsent(value) || value === '') {
      problems.add(`${path}.${name}`, 'is no name', `Write '${name}', or leave it out`)
    }
  }
  const names = loginRoute({ login })
  if (names.username === names.password) {
    problems.add(`${path}.password`, 'is the name of the username as well', 'Name them differently')
  }
}

const isTextOrAbsent = (value: unknown): boolean => value === undefined || typeof value === 'string'
