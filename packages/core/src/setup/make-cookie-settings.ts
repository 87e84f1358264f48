import type { CookieDefinition, CookieSettings } from '../cookies/cookie-settings.js'
import type { CheckedOptions } from './options/option-tables.js'

/** The cookies of the app. They are settled even where only a route or two reads them. */
export function makeCookieSettings({ cookies, csrf, locations }: CheckedOptions): CookieSettings {
  const { secure, sameSite, domain } = cookies
  const shared = { domain, sameSite, secure, httpOnly: true }
  const prefix = (strongest: string) => (secure ? strongest : '')
  const access: CookieDefinition = {
    ...shared,
    name: cookies.accessToken.name ?? `${prefix(domain === undefined ? '__Host-' : '__Secure-')}access_token`,
    path: cookies.accessToken.path ?? '/',
  }
  const refresh: CookieDefinition = {
    ...shared,
    name: cookies.refreshToken.name ?? `${prefix('__Secure-')}refresh_token`,
    path: cookies.refreshToken.path,
  }
  const readable: CookieDefinition = { ...shared, name: 'csrf_token', path: '/', httpOnly: false }
  return Object.freeze({
    tokens: Object.freeze({ access: Object.freeze(access), refresh: Object.freeze(refresh) }),
    csrf: csrf.doubleSubmit ? Object.freeze(readable) : undefined,
    inUse: locations.includes('cookie'),
  })
}
