import type { TokenKind } from '../token/token-kind.js'

/** One cookie, as it is set and cleared: the same attributes both times, or browsers keep it. */
export interface CookieDefinition {
  readonly name: string
  /** `undefined`: the base of the auth routes, known when the app runs. */
  readonly path: string | undefined
  readonly domain: string | undefined
  readonly sameSite: 'strict' | 'lax' | 'none'
  readonly secure: boolean
  readonly httpOnly: boolean
}

export interface CookieSettings {
  readonly tokens: Readonly<Record<TokenKind, CookieDefinition>>
  /** The readable one of the double submit, if that is demanded. */
  readonly csrf: CookieDefinition | undefined
  /** Whether `'cookie'` is among the module's locations. */
  readonly inUse: boolean
}
