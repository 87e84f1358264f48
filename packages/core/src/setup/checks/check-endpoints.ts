import type { CheckedExtras, CheckedOptions } from '../options/option-tables.js'
import type { Problems } from '../problems.js'

const NEED_SESSIONS = ['refresh', 'logout', 'logoutAll', 'sessions'] as const

/** What the ready-made routes need. */
export function checkEndpoints(
  { refreshToken }: CheckedOptions,
  { endpoints }: CheckedExtras,
  problems: Problems,
): void {
  checkLogin(endpoints, problems)
  for (const name of NEED_SESSIONS) {
    if (!endpoints[name] || refreshToken !== false) continue
    problems.add(
      `endpoints.${name}`,
      'The route needs sessions, and refreshToken is false',
      'Leave the route out, or remove refreshToken: false',
    )
  }
}

function checkLogin({ login, authenticator }: CheckedExtras['endpoints'], problems: Problems): void {
  if (login === false) return
  if (authenticator === undefined && !problems.mentions('endpoints.authenticator')) {
    problems.add(
      'endpoints.authenticator',
      'The login route is on, and no authenticator is set',
      'Set it to a class that extends Authenticator, and provide that class in one module',
    )
  }
  if (login !== true && login.username === login.password) {
    problems.add(
      'endpoints.login.password',
      'The value is also the name of the username',
      'Give the two members different names',
    )
  }
}
