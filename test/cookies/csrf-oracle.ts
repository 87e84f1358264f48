/** All that the outcome of a CSRF check hangs on. */
export interface Attempt {
  method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  origin: 'absent' | 'own' | 'trusted' | 'foreign' | 'null' | 'repeated'
  site: 'absent' | 'same-origin' | 'none' | 'same-site' | 'cross-site' | 'garbage' | 'repeated'
  tokenBy: 'cookie' | 'header'
  /** What becomes of the double submit: the cookie and the header that repeats it. */
  submit: 'right' | 'wrong' | 'no header' | 'no cookie' | 'of another session' | 'header unlike cookie'
}

export interface CsrfSetting {
  trusts: boolean
  doubleSubmit: boolean
}

/** The contract's sentences on CSRF, clause by clause, and nothing of the library's own. */
export function isLetThrough(attempt: Attempt, setting: CsrfSetting): boolean {
  // "CSRF for unsafe methods with a cookie-borne token"
  if (attempt.method === 'GET' || attempt.method === 'HEAD' || attempt.method === 'OPTIONS') return true
  if (attempt.tokenBy === 'header') return true
  // "doubleSubmit: true also demands the x-csrf-token header to match a readable csrf_token cookie, … bound to the session"
  if (setting.doubleSubmit && attempt.submit !== 'right') return false
  // "Origin in csrf.trustedOrigins passes"
  if (setting.trusts && attempt.origin === 'trusted') return true
  // "else Sec-Fetch-Site same-origin or none passes and anything else is refused"
  if (attempt.site !== 'absent') return attempt.site === 'same-origin' || attempt.site === 'none'
  // "without it Origin must equal the app's own; without either, refused"
  return attempt.origin === 'own'
}

const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const origins = ['absent', 'own', 'trusted', 'foreign', 'null', 'repeated'] as const
const sites = ['absent', 'same-origin', 'none', 'same-site', 'cross-site', 'garbage', 'repeated'] as const
const carriers = ['cookie', 'header'] as const
const submits = [
  'right',
  'wrong',
  'no header',
  'no cookie',
  'of another session',
  'header unlike cookie',
] as const

/** Every combination there is; without a double submit it makes no difference what is sent of one. */
export function everyAttempt({ doubleSubmit }: CsrfSetting): Attempt[] {
  const sent = doubleSubmit ? submits : (['right', 'no header'] as const)
  return methods.flatMap((method) =>
    origins.flatMap((origin) =>
      sites.flatMap((site) =>
        carriers.flatMap((tokenBy) => sent.map((submit) => ({ method, origin, site, tokenBy, submit }))),
      ),
    ),
  )
}
