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

/** What `JwtAuthModule.forRoot` takes, and what a `forRootAsync` factory returns. Checked as a whole at boot. */
export interface JwtAuthOptions {
  /** One HS256 key of at least 32 bytes. Or give `keys`. */
  readonly secret?: string | Uint8Array | undefined
  /**
   * The first signs, all verify: putting a new one first rotates without signing anybody out. Where several instances
   * run, it joins the list of all of them before it leads that of any.
   */
  readonly keys?: readonly JwtKey[] | undefined
  /** The `iss` claim: the first is stamped, all are accepted. Without it `iss` is neither stamped nor checked. */
  readonly issuer?: string | readonly string[] | undefined
  /** The `aud` claim, stamped; a token must name one of these. By default neither. */
  readonly audience?: string | readonly string[] | undefined
  readonly accessToken?: AccessTokenOptions | undefined
  /** `false`: no sessions, no refresh tokens, no `sid`. */
  readonly refreshToken?: RefreshTokenOptions | false | undefined
  readonly sessions?: SessionsOptions | undefined
  /** Leeway for `exp`, `nbf` and `iat`; at most 5 minutes, default 0. Not for `@RequireFresh`. */
  readonly clockTolerance?: Duration | undefined
  /** Claims that every access token must have, beyond `sub exp iat jti`. */
  readonly requiredClaims?: readonly string[] | undefined
  /** Checks the custom claims of access tokens, when they are issued and when they are verified. Never transforms. */
  readonly claimsSchema?: StandardSchema | undefined
  /** `'extend'` (default): the loader adds claims. `'replace'`: what it returns is the access token's payload. */
  readonly claimsMode?: 'extend' | 'replace' | undefined
  /** Where tokens may travel, in order; default `['header']`. The first that carries anything decides. */
  readonly locations?: readonly TokenLocation[] | undefined
  /** The cookies of `AuthCookies` and of the location `'cookie'`. */
  readonly cookies?: CookieOptions | undefined
  /** What cookie-borne tokens must prove beside, on requests that change something. */
  readonly csrf?: CsrfOptions | undefined
  /** The subject of an identity. Default: text as it is, a number as text, an object's `id`. */
  readonly subject?: ((identity: Identity) => string) | undefined
  /** The guard also puts the identity on the request, under this name: `'user'`, for instance. */
  readonly attachIdentityAs?: string | undefined
  /** In every challenge: RFC 9110 section 11.5. */
  readonly realm?: string | undefined
  /**
   * Access tokens that passed are remembered by a digest of their text, so that the next time costs about a tenth.
   * Dates, session and key are looked at again every time. `false`: none is.
   */
  readonly verifiedTokenCache?: VerifiedTokenCacheOptions | false | undefined
}

export interface AccessTokenOptions {
  /** Default `'15m'`. `'never'` only with `allowNever`. */
  readonly expiresIn?: Duration | undefined
  /** Tokens are good only after this long; `0` stamps `nbf` with the time of issue. Without it there is no `nbf`. */
  readonly notBefore?: Duration | undefined
  /** Lets `expiresIn: 'never'` make access tokens without `exp`, and lets those pass. Default `false`. */
  readonly allowNever?: boolean | undefined
}

export interface VerifiedTokenCacheOptions {
  /** How many tokens; default 10,000, about 10 MB. Fewer than are in use at a time costs more than `false`. */
  readonly max?: number | undefined
}

export interface RefreshTokenOptions {
  /** A session ends when it is not refreshed for this long. Default `'30d'`. */
  readonly expiresIn?: Duration | undefined
  /** A session ends this long after the login, however often it is refreshed. Default: no such limit. */
  readonly sessionExpiresIn?: Duration | undefined
  /**
   * For this long after a refresh the same refresh token gets the same successor again, while that is unused: a second
   * tab, a lost answer. At most 60 s, default `'10s'`; `0`: exactly one use succeeds.
   */
  readonly reuseGrace?: Duration | undefined
}

export interface CookieOptions {
  /** Default `true`. `false` drops `Secure` and the name prefixes, for development over plain http; not in production. */
  readonly secure?: boolean | undefined
  /** Default `'lax'`. */
  readonly sameSite?: 'strict' | 'lax' | 'none' | undefined
  /**
   * Default: the host alone. With a domain the cookies are named `__Secure-…` instead of `__Host-…`: all its subdomains
   * receive them, and each can plant one of its own, after which requests are `token_malformed` until a login.
   */
  readonly domain?: string | undefined
  /** Default `__Host-access_token`, path `/`. */
  readonly accessToken?: TokenCookieOptions | undefined
  /** Default `__Host-refresh_token`, path `/`. */
  readonly refreshToken?: TokenCookieOptions | undefined
}

export interface TokenCookieOptions {
  readonly name?: string | undefined
  /**
   * As browsers see it, which behind a proxy that rewrites paths is another path than the app's. Another path than `/`
   * gives up `__Host-` (then `__Secure-`), so a sibling domain can plant a cookie of that name.
   */
  readonly path?: string | undefined
}

export interface CsrfOptions {
  /** Other origins whose pages may send requests, each as browsers write it: `'https://app.example.com'`. */
  readonly trustedOrigins?: readonly string[] | undefined
  /**
   * Also demand the header `x-csrf-token` to repeat the readable cookie `csrf_token`, an HMAC that is bound to the
   * session. Default `false`.
   */
  readonly doubleSubmit?: boolean | undefined
  /**
   * At least 32 bytes, from which the key of that HMAC is derived. Default: the first signing key. Then, when keys rotate,
   * keep the private half of the old key listed, because a public key cannot check the HMAC.
   */
  readonly secret?: string | Uint8Array | undefined
}

export interface SessionsOptions {
  /** Sessions per subject: one more ends the one unused the longest. Default: no limit. */
  readonly max?: number | undefined
  /** How long to wait for the session store before the answer is 503. Default `'500ms'`. */
  readonly timeout?: Duration | undefined
  /**
   * `'always'` (default): every access token is checked against the store, one round trip. `{ maxStaleness }`, at most
   * 5 minutes: what the store said is remembered for so long, so a revocation may be seen so much later. Refresh
   * tokens are always checked.
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

/** What shapes the module graph: given beside the options, and beside the factory of `forRootAsync`. */
export interface JwtAuthExtras {
  /** Default `true`: a route guard is built in the module of the route. */
  readonly isGlobal?: boolean | undefined
  readonly claimsLoader?: ProviderSource<ClaimsLoader<never>> | undefined
  /** What remembers sessions. Default: `InMemorySessionStore`, which production must name outright. */
  readonly sessionStore?: ProviderSource<SessionStore> | undefined
  readonly identityLoader?: ProviderSource<IdentityLoader> | undefined
  /**
   * Keeps `JwtAuthContext` for every request. Default `false`: it makes every promise of the process slower on Node 20
   * and 22.
   */
  readonly requestContext?: boolean | undefined
  /** Ready-made routes; by default none. */
  readonly endpoints?: EndpointsOptions | undefined
}

/** The ready-made routes, and who decides over a login. */
export interface EndpointsOptions extends EndpointRoutes {
  readonly authenticator?: ProviderSource<Authenticator> | undefined
}

/** For `forRootAsync({ useClass })` and `{ useExisting }`. */
export interface JwtAuthOptionsFactory {
  createJwtAuthOptions(): JwtAuthOptions | Promise<JwtAuthOptions>
}
