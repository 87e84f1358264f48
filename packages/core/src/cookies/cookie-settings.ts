import type { TokenKind } from '../token/token-kind.js'

/** The attributes of one cookie. It must be cleared with the attributes with which it was set, or browsers keep it. */
export interface CookieDefinition {
  readonly name: string
  readonly path: string
  /** `undefined`: the host that sets the cookie, without its subdomains. */
  readonly domain: string | undefined
  readonly sameSite: 'strict' | 'lax' | 'none'
  readonly secure: boolean
  readonly httpOnly: boolean
}

/** A cookie of the app, and what earlier settings may have left of it in browsers. */
export interface CookieFamily {
  readonly current: CookieDefinition
  readonly leftOver: readonly CookieDefinition[]
}

export interface CookieSettings {
  readonly tokens: Readonly<Record<TokenKind, CookieFamily>>
  /** The readable cookie of the double submit; `undefined` if it is off. */
  readonly csrf: CookieFamily | undefined
  /** Whether `'cookie'` is among the module's locations. */
  readonly inUse: boolean
}

/** The options about cookies, with their defaults. */
export interface CookieChoices {
  readonly secure: boolean
  readonly sameSite: CookieDefinition['sameSite']
  readonly domain: string | undefined
  readonly accessToken: CookiePlace
  readonly refreshToken: CookiePlace
  readonly doubleSubmit: boolean
  readonly inUse: boolean
}

export interface CookiePlace {
  readonly name?: string | undefined
  readonly path?: string | undefined
}

/** Names, places and attributes of all cookies. Frozen. */
export function makeCookieSettings({ doubleSubmit, inUse, ...choices }: CookieChoices): CookieSettings {
  const { secure, sameSite, domain } = choices
  const csrf = { name: 'csrf_token', path: '/', domain, sameSite, secure, httpOnly: false }
  return Object.freeze({
    tokens: Object.freeze({
      access: tokenCookie('access_token', choices.accessToken, choices),
      refresh: tokenCookie('refresh_token', choices.refreshToken, choices),
    }),
    csrf: doubleSubmit ? family(csrf, [csrf.name]) : undefined,
    inUse,
  })
}

type Shared = Pick<CookieDefinition, 'secure' | 'sameSite' | 'domain'>

function tokenCookie(plain: string, place: CookiePlace, { secure, sameSite, domain }: Shared): CookieFamily {
  const { path = '/' } = place
  const strongest = domain === undefined && path === '/' ? '__Host-' : '__Secure-'
  const { name = `${secure ? strongest : ''}${plain}` } = place
  const current = { name, path, domain, sameSite, secure, httpOnly: true }
  return family(current, [name, `__Host-${plain}`, `__Secure-${plain}`, plain])
}

function family(current: CookieDefinition, names: readonly string[]): CookieFamily {
  return Object.freeze({ current: Object.freeze(current), leftOver: leftOverOf(current, names) })
}

/**
 * The cookies that other settings may have left in browsers: with the other default names, with and without the domain,
 * on `/` and on the path. Browsers distinguish cookies by all three, and would send both.
 */
function leftOverOf(current: CookieDefinition, names: readonly string[]): readonly CookieDefinition[] {
  const variants = [...new Set(names)].flatMap((name) =>
    [...new Set([undefined, current.domain])].flatMap((domain) =>
      [...new Set(['/', current.path])].map((path): CookieDefinition => {
        const secure = current.secure || hasPrefix(name)
        return Object.freeze({ ...current, name, domain, path, secure })
      }),
    ),
  )
  const isCurrent = ({ name, domain, path }: CookieDefinition): boolean =>
    name === current.name && domain === current.domain && path === current.path
  return Object.freeze(variants.filter((variant) => canExist(variant) && !isCurrent(variant)))
}

const hasPrefix = (name: string): boolean => /^__(host|secure)-/i.test(name)

/** RFC 6265bis section 4.1.3: browsers refuse a `__Host-` cookie with a domain, or with another path than `/`. */
function canExist({ name, domain, path }: CookieDefinition): boolean {
  return !/^__host-/i.test(name) || (domain === undefined && path === '/')
}
