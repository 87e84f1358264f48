import type { AuditedRoute } from '@nest-jwt-auth/core'
import type { ExaminedApp } from './examined-app.js'
import type { Report } from './report.js'
import { addressOf, readyMade } from './routes.js'

/** Whether browsers send the cookies to the routes that read them. */
export function checkCookiePaths({ routes, settings }: ExaminedApp, address: URL, report: Report): void {
  const { cookies } = settings
  if (cookies === undefined) return
  const refresh = readyMade('refresh', { routes, settings })
  const guarded = routes.filter(({ transport, access }) => transport === 'http' && access === 'required')
  const { accessToken, refreshToken } = cookies
  const check = (option: string, path: string, needed: readonly AuditedRoute[]) => {
    const [first] = needed
    if (first === undefined || needed.some((route) => isBelow(addressOf(route, address).pathname, path)))
      return
    report.add('cookie_path_mismatch', {
      at: `cookies.${option}.path`,
      what: `The path is ${path}, but the routes that need the cookie are elsewhere, such as ${addressOf(first, address).pathname}.`,
      fix: { where: `in cookies.${option}`, write: `path: '/',` },
    })
  }
  check('accessToken', accessToken.path, guarded)
  if (refreshToken !== undefined && refresh !== undefined) check('refreshToken', refreshToken.path, [refresh])
}

/** RFC 6265 section 5.1.4. */
function isBelow(path: string, cookiePath: string): boolean {
  return path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`)
}
