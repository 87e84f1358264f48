import { inspect, type InspectOptions } from 'node:util'
import type { PlainObject } from '../token/plain-data.js'
import { exposeToSerializers } from './expose-to-serializers.js'

/** A signed token, its claims, and its lifetime from now on in seconds (`undefined`: it never expires). */
export interface IssuedToken<Lifetime extends number | undefined = number | undefined> {
  readonly token: string
  readonly claims: PlainObject
  readonly expiresIn: Lifetime
}

/** What a pair is made of. */
export interface TokenPairContent {
  /** The scheme of the `Authorization` header. */
  readonly tokenType: string
  readonly access: IssuedToken
  /** Absent if there is no session. */
  readonly refresh?: (IssuedToken<number> & { readonly sessionId: string }) | undefined
  /** Whether cookies outlive the browser; default `true`. */
  readonly persistent?: boolean | undefined
}

const MEMBERS = ['access_token', 'token_type', 'expires_in', 'refresh_token', 'refresh_expires_in']
let isExposed = false

/** The claims of a pair's tokens; `undefined` for a plain object with the same members. */
export let claimsOfPair: (pair: object) => readonly PlainObject[] | undefined

/**
 * The OAuth 2.0 token response (RFC 6749 section 5.1) as own properties, so that it survives `return`, spread, JSON,
 * `structuredClone` and serializers. The same in camel case, `sessionId` and `persistent` are getters. Never prints a
 * token.
 */
export class TokenPair {
  readonly access_token: string
  /** The configured scheme, `Bearer` by default. */
  readonly token_type: string
  /** Seconds; absent if the access token never expires. */
  readonly expires_in?: number
  readonly refresh_token?: string
  /** Seconds. */
  readonly refresh_expires_in?: number
  readonly #claims: readonly PlainObject[]
  readonly #sessionId: string | undefined
  readonly #persistent: boolean

  static {
    claimsOfPair = (pair) => (#claims in pair ? pair.#claims : undefined)
  }

  constructor({ tokenType, access, refresh, persistent = true }: TokenPairContent) {
    // With the first pair and not at start-up, which stays as fast as it is.
    if (!isExposed) exposeToSerializers(TokenPair.prototype, MEMBERS)
    isExposed = true
    this.access_token = access.token
    this.token_type = tokenType
    if (access.expiresIn !== undefined) this.expires_in = access.expiresIn
    if (refresh !== undefined) {
      this.refresh_token = refresh.token
      this.refresh_expires_in = refresh.expiresIn
    }
    this.#claims = refresh === undefined ? [access.claims] : [access.claims, refresh.claims]
    this.#sessionId = refresh?.sessionId
    this.#persistent = persistent
  }

  get accessToken(): string {
    return this.access_token
  }
  get tokenType(): string {
    return this.token_type
  }
  get expiresIn(): number | undefined {
    return this.expires_in
  }
  get refreshToken(): string | undefined {
    return this.refresh_token
  }
  get refreshExpiresIn(): number | undefined {
    return this.refresh_expires_in
  }
  /** The `sid` of the session that the pair belongs to. */
  get sessionId(): string | undefined {
    return this.#sessionId
  }
  /** Whether the pair's cookies outlive the browser: `session.persistent` of the `issue` that began it. */
  get persistent(): boolean {
    return this.#persistent
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    const shown = Object.entries(this).map(([name, value]): [string, unknown] => [
      name,
      name === 'access_token' || name === 'refresh_token' ? '[redacted]' : value,
    ])
    return `TokenPair ${inspect(Object.fromEntries(shown), options)}`
  }
}
