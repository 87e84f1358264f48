import { inspect, type InspectOptions } from 'node:util'

/** What a pair is made of. */
export interface TokenPairParts {
  readonly accessToken: string
  /** Seconds; absent where the token never expires. */
  readonly expiresIn: number | undefined
  readonly refresh?:
    { readonly token: string; readonly expiresIn: number; readonly sessionId: string } | undefined
}

/**
 * The OAuth 2.0 token response (RFC 6749 section 5.1) as own properties, so that it survives `return`, spread and
 * serializers; the same in camel case, and `sessionId`, as getters. Never prints a token.
 */
export class TokenPair {
  readonly access_token: string
  readonly token_type = 'Bearer'
  /** Seconds. */
  readonly expires_in?: number
  readonly refresh_token?: string
  /** Seconds. */
  readonly refresh_expires_in?: number
  readonly #sessionId: string | undefined

  constructor({ accessToken, expiresIn, refresh }: TokenPairParts) {
    this.access_token = accessToken
    if (expiresIn !== undefined) this.expires_in = expiresIn
    if (refresh !== undefined) {
      this.refresh_token = refresh.token
      this.refresh_expires_in = refresh.expiresIn
    }
    this.#sessionId = refresh?.sessionId
  }

  get accessToken(): string {
    return this.access_token
  }
  get tokenType(): 'Bearer' {
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

  [inspect.custom](_depth: number, options: InspectOptions): string {
    const shown = Object.entries(this).map(([name, value]): [string, unknown] => [
      name,
      name === 'access_token' || name === 'refresh_token' ? '[redacted]' : value,
    ])
    return `TokenPair ${inspect(Object.fromEntries(shown), options)}`
  }
}
