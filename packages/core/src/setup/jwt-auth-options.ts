import type { InjectionToken, OptionalFactoryDependency, Type } from '@nestjs/common'
import type { ClaimsLoader } from '../issue/claims-loader.js'
import type { JwtKey } from '../keys/jwt-key.js'
import type { Authenticator } from '../nest/endpoints/authenticator.js'
import type { EndpointRoutes } from '../nest/endpoints/endpoint-routes.js'
import type { Identity } from '../register.js'
import type { TokenLocation } from '../nest/transports/token-location.js'
import type { IdentityLoader } from '../request/identity/identity-loader.js'
import type { SessionStore } from '../sessions/store/session-store.js'
import type { StandardSchema } from '../token/standard-schema.js'
import type { Duration } from '../time/duration.js'

/** What `JwtAuthModule.forRoot` takes, and what the factory of `forRootAsync` returns. Checked as a whole at boot. */
export interface JwtAuthOptions {
  /** One HS256 key of at least 32 bytes; a string is taken as UTF-8. Either this or `keys` must be set. */
  readonly secret?: string | Uint8Array | undefined
  /**
   * The first key signs, and all verify, so a new first key signs nobody out. Where several instances run, add it to the
   * end of the list of all of them before you move it to the front of any. If all are public keys, the app only verifies.
   */
  readonly keys?: readonly JwtKey[] | undefined
  /** The claim `iss`: the first is stamped, all are accepted. If left out, `iss` is neither stamped nor checked. */
  readonly issuer?: string | readonly string[] | undefined
  /** The claim `aud`: all are stamped, and a token must name one. If left out, `aud` is neither stamped nor checked. */
  readonly audience?: string | readonly string[] | undefined
  /** Access tokens. */
  readonly accessToken?: AccessTokenOptions | undefined
  /** Refresh tokens and the lifetime of sessions. `false`: there are no sessions, no refresh tokens and no `sid`. */
  readonly refreshToken?: RefreshTokenOptions | false | undefined
  /** How sessions are kept and checked. */
  readonly sessions?: SessionsOptions | undefined
  /**
   * How far the clocks of issuer and verifier may differ, for `exp`, `nbf` and `iat`; at most 5 minutes. Not applied by
   * `@RequireFresh`.
   *
   * @default 0
   */
  readonly clockTolerance?: Duration | undefined
  /**
   * Claims that every access token must have, beyond `sub`, `exp`, `iat` and `jti`.
   *
   * @default []
   */
  readonly requiredClaims?: readonly string[] | undefined
  /** Checks the custom claims of access tokens when they are issued and when they are verified. Never transforms them. */
  readonly claimsSchema?: StandardSchema | undefined
  /**
   * `'extend'`: the claims loader adds claims. `'replace'`: what it returns is the whole payload of access tokens.
   *
   * @default 'extend'
   */
  readonly claimsMode?: 'extend' | 'replace' | undefined
  /**
   * Where tokens may travel, in this order: the first location that carries anything decides.
   *
   * @default ['header']
   */
  readonly locations?: readonly TokenLocation[] | undefined
  /** The cookies of `AuthCookies` and of the location `'cookie'`. */
  readonly cookies?: CookieOptions | undefined
  /** What a request with a token in a cookie must prove, if it may change something. Needs the location `'cookie'`. */
  readonly csrf?: CsrfOptions | undefined
  /** Returns the subject of an identity. If left out: a string as it is, a number as a string, the `id` of an object. */
  readonly subject?: ((identity: Identity) => string) | undefined
  /** The guard also puts the identity on the request under this name, such as `'user'`. */
  readonly attachIdentityAs?: string | undefined
  /** The `realm` of every challenge (RFC 9110 section 11.5). */
  readonly realm?: string | undefined
  /**
   * Remembers verified access tokens by a digest, so that verifying one again costs about a tenth. Dates, session and key
   * are checked every time. `false`: no token is remembered.
   */
  readonly verifiedTokenCache?: VerifiedTokenCacheOptions | false | undefined
}

export interface AccessTokenOptions {
  /**
   * From 1 second to 100 years. `'never'` needs `allowNever`.
   *
   * @default '15m'
   */
  readonly expiresIn?: Duration | undefined
  /** Tokens are valid only after this long. `0` sets `nbf` to the time of issue; if left out, there is no `nbf`. */
  readonly notBefore?: Duration | undefined
  /**
   * Allows `expiresIn: 'never'`: access tokens without `exp`.
   *
   * @default false
   */
  readonly allowNever?: boolean | undefined
}

export interface VerifiedTokenCacheOptions {
  /**
   * How many tokens, from 1 to 10 million; 10,000 take about 10 MB. If more are in use at the same time, the cache costs
   * more than it saves.
   *
   * @default 10_000
   */
  readonly max?: number | undefined
}

export interface RefreshTokenOptions {
  /**
   * A session ends if it is not refreshed for this long. From 1 second to 100 years.
   *
   * @default '30d'
   */
  readonly expiresIn?: Duration | undefined
  /** A session ends this long after the login, however often it is refreshed. If left out, there is no such limit. */
  readonly sessionExpiresIn?: Duration | undefined
  /**
   * For this long after a refresh, the same refresh token gets the same successor again while that is unused: for a second
   * tab or a lost response. At most 60 seconds; with `0` exactly one use succeeds.
   *
   * @default '10s'
   */
  readonly reuseGrace?: Duration | undefined
}

export interface CookieOptions {
  /**
   * `false` drops `Secure` and the prefixes of the names, for development over plain http. A boot error in production.
   *
   * @default true
   */
  readonly secure?: boolean | undefined
  /**
   * `'none'` needs `secure`.
   *
   * @default 'lax'
   */
  readonly sameSite?: 'strict' | 'lax' | 'none' | undefined
  /**
   * If left out, only the host itself receives the cookies. With a domain they are named `__Secure-…` instead of
   * `__Host-…`: all its subdomains receive them, and each can plant one of its own, after which requests are
   * `token_malformed` until a login.
   */
  readonly domain?: string | undefined
  /** The cookie of the access token. If left out, it is named `__Host-access_token`. */
  readonly accessToken?: TokenCookieOptions | undefined
  /** The cookie of the refresh token. If left out, it is named `__Host-refresh_token`. */
  readonly refreshToken?: TokenCookieOptions | undefined
}

export interface TokenCookieOptions {
  /** The whole name, with its prefix. */
  readonly name?: string | undefined
  /**
   * As browsers see it, which behind a proxy that rewrites paths is another path than the app's. If left out, it is `/`.
   * Any other path gives up `__Host-` (then `__Secure-`), so a sibling domain can plant a cookie of that name.
   */
  readonly path?: string | undefined
}

export interface CsrfOptions {
  /**
   * Other origins whose pages may send requests, each as browsers write it: `'https://app.example.com'`.
   *
   * @default []
   */
  readonly trustedOrigins?: readonly string[] | undefined
  /**
   * Also requires the header `x-csrf-token` to repeat the readable cookie `csrf_token`, an HMAC that is bound to the
   * session.
   *
   * @default false
   */
  readonly doubleSubmit?: boolean | undefined
  /**
   * At least 32 bytes, from which the key of that HMAC is derived. If left out, it is derived from the first signing key;
   * then, when keys rotate, keep the private half of the old key listed, because a public key cannot check the HMAC.
   */
  readonly secret?: string | Uint8Array | undefined
}

export interface SessionsOptions {
  /** How many sessions a subject may have: one more ends the one unused the longest. If left out, there is no limit. */
  readonly max?: number | undefined
  /**
   * How long to wait for the session store before the answer is 503. From 1 ms to 1 minute.
   *
   * @default '500ms'
   */
  readonly timeout?: Duration | undefined
  /**
   * `'always'`: every access token is checked against the store, in one round trip. `{ maxStaleness }`, from 1 ms to 5
   * minutes: what the store said is remembered for that long, so a revocation may be noticed that much later. Refresh
   * tokens are always checked.
   *
   * @default 'always'
   */
  readonly check?: 'always' | { readonly maxStaleness: Duration } | undefined
}

/** A provider without its token: `{ useFactory, inject }`, `{ useValue }`, `{ useClass }` or `{ useExisting }`. */
export type ProviderBody<T> =
  | {
      readonly useFactory: (...args: never[]) => T | Promise<T>
      readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[] | undefined
    }
  | { readonly useValue: T }
  | { readonly useClass: Type<T> }
  | { readonly useExisting: InjectionToken }

/** A class that one module of the app provides, or a provider body. */
export type ProviderSource<T> = Type<T> | (abstract new (...args: never[]) => T) | ProviderBody<T>

/** What shapes the module graph: options of `forRoot` too, and beside the factory of `forRootAsync`. */
export interface JwtAuthExtras {
  /**
   * Makes the guard and the services available in every module of the app.
   *
   * @default true
   */
  readonly isGlobal?: boolean | undefined
  /** Adds claims to the tokens of an identity. */
  readonly claimsLoader?: ProviderSource<ClaimsLoader<never>> | undefined
  /** Finds the identity that a token belongs to. */
  readonly identityLoader?: ProviderSource<IdentityLoader> | undefined
  /** Keeps sessions. If left out: `InMemorySessionStore`, which must be set outright in production. */
  readonly sessionStore?: ProviderSource<SessionStore> | undefined
  /**
   * Keeps `JwtAuthContext` for every request. On Node 20 and 22 this makes every promise of the process slower.
   *
   * @default false
   */
  readonly requestContext?: boolean | undefined
  /** The ready-made routes. If left out, there are none. */
  readonly endpoints?: EndpointsOptions | undefined
}

/** The ready-made routes, and who decides about a login. */
export interface EndpointsOptions extends EndpointRoutes {
  /** Checks the credentials of a login. Needed by `login`. */
  readonly authenticator?: ProviderSource<Authenticator> | undefined
}

/** For `forRootAsync({ useClass })` and `{ useExisting }`. */
export interface JwtAuthOptionsFactory {
  createJwtAuthOptions(): JwtAuthOptions | Promise<JwtAuthOptions>
}
