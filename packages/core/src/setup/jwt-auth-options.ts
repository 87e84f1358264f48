import type { CanActivate, InjectionToken, OptionalFactoryDependency, Type } from '@nestjs/common'
import type { LegacyTokensOptions } from '../issuers/legacy-options.js'
import type { ClaimsLoader } from '../issue/claims-loader.js'
import type { Algorithm } from '../keys/algorithms.js'
import type { IssuerOptions } from '../issuers/issuer-options.js'
import type { JwtKey } from '../keys/jwt-key.js'
import type { KeyStore } from '../keys/rotation/key-store.js'
import type { Authenticator } from '../nest/endpoints/authenticator.js'
import type { EndpointRoutes } from '../nest/endpoints/endpoint-routes.js'
import type { Identity } from '../register.js'
import type { TokenLocation } from '../nest/transports/token-location.js'
import type { IdentityLoader } from '../request/identity/identity-loader.js'
import type { SessionStore } from '../sessions/store/session-store.js'
import type { StandardSchema } from '../token/standard-schema.js'
import type { Duration } from '../time/duration.js'

/** The options of `JwtAuthModule.forRoot` and of the factory of `forRootAsync`. Checked together at boot. */
export interface JwtAuthOptions {
  /** One HS256 key of at least 32 bytes; a string is taken as UTF-8. This, `keys` or `keyRotation` must be set. */
  readonly secret?: string | Uint8Array | undefined
  /**
   * The first key signs, and all keys verify, so nobody is signed out when you put a new key first. With several instances,
   * first add the new key at the end on all of them, then move it to the front. If all are public keys, the app can only
   * verify.
   */
  readonly keys?: readonly JwtKey[] | undefined
  /**
   * Instead of `secret` and `keys`: the library makes the keys, announces each one before it signs, and removes it when
   * its tokens have ended. They are kept in `keyStore`, encrypted. No token may then be given a longer life than
   * `accessToken.expiresIn`, or `refreshToken.expiresIn` for one-time tokens.
   */
  readonly keyRotation?: KeyRotationOptions | undefined
  /** Access tokens that the app's former code signed, accepted until a date, so that the move to this module signs nobody out. */
  readonly legacyTokens?: LegacyTokensOptions | undefined
  /**
   * Other parties whose access tokens are accepted too. Without own keys, the app only verifies; beside own keys, set
   * `issuer` as well. Presets for well-known providers are in `@nest-jwt-auth/core/issuers`.
   */
  readonly issuers?: readonly IssuerOptions[] | undefined
  /** The claim `iss`: the first is set in tokens, all are accepted. If left out, `iss` is neither set nor checked. */
  readonly issuer?: string | readonly string[] | undefined
  /** The claim `aud`: all are set in tokens, and one must match. If left out, `aud` is neither set nor checked. */
  readonly audience?: string | readonly string[] | undefined
  /** Access tokens. */
  readonly accessToken?: AccessTokenOptions | undefined
  /** Refresh tokens and the lifetime of sessions. `false`: there are no sessions, no refresh tokens and no `sid`. */
  readonly refreshToken?: RefreshTokenOptions | false | undefined
  /** How sessions are kept and checked. */
  readonly sessions?: SessionsOptions | undefined
  /**
   * How far the clocks of issuer and verifier may differ, for `exp`, `nbf` and `iat`; at most 5 minutes. For `nbf` and
   * `iat` it is never less than 5 seconds. Not applied by `@RequireFresh`.
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
  /** The CSRF checks of requests with a token in a cookie, except GET, HEAD and OPTIONS. Needs the location `'cookie'`. */
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
  /**
   * What is done at boot about handlers that no guard runs for and that are not `@Public()`. `'warn'`: one line where
   * `JwtGuard` is a global guard, and Nest does not run it before some handlers. `'error'`: the app does not start as long
   * as a handler is open. `routeAudit(app)` lists all handlers, whatever this is set to.
   *
   * @default 'warn'
   */
  readonly audit?: 'off' | 'warn' | 'error' | AuditOptions | undefined
}

/** The option `audit` as an object: its level, and guards of the app's own that count as closing a handler. */
export interface AuditOptions {
  /**
   * See `audit`.
   *
   * @default 'warn'
   */
  readonly level?: 'off' | 'warn' | 'error' | undefined
  /**
   * Other guards that close a handler, such as one for API keys: a handler before which Nest runs one of these, or a
   * subclass, is not open.
   *
   * @default []
   */
  readonly guards?: readonly Type<CanActivate>[] | undefined
}

/** The option `accessToken`: how long access tokens are valid. `expiresIn` and `notBefore` can be set per call too. */
export interface AccessTokenOptions {
  /**
   * From 1 second to 100 years, rounded up to whole seconds. `'never'` needs `allowNever`.
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

/** The option `verifiedTokenCache`: how many verified tokens each process remembers. The oldest are forgotten first. */
export interface VerifiedTokenCacheOptions {
  /**
   * How many tokens, from 1 to 10 million; 10,000 take about 10 MB. If more are in use at the same time, the cache costs
   * more than it saves.
   *
   * @default 10_000
   */
  readonly max?: number | undefined
}

/** The option `refreshToken`: when sessions end. A refresh token is valid until its session ends. */
export interface RefreshTokenOptions {
  /**
   * A session ends if it is not refreshed for this long. From 1 second to 100 years, rounded up to whole seconds.
   *
   * @default '30d'
   */
  readonly expiresIn?: Duration | undefined
  /** A session ends this long after the login, however often it is refreshed. If left out, there is no such limit. */
  readonly sessionExpiresIn?: Duration | undefined
  /**
   * For this long after a refresh, the old refresh token still returns the same new one, as long as that one is unused. It
   * helps when two tabs refresh at the same time, or a response is lost. At most 60 seconds; with `0` exactly one use
   * succeeds.
   *
   * @default '10s'
   */
  readonly reuseGrace?: Duration | undefined
}

/** Options of `keyRotation`. */
export interface KeyRotationOptions {
  /**
   * What new keys are for. After a change, the next key is announced immediately and follows after `announce`.
   *
   * @default 'ES256'
   */
  readonly algorithm?: Algorithm | undefined
  /**
   * How long each key signs. Longer than `announce`.
   *
   * @default '90d'
   */
  readonly every?: Duration | undefined
  /**
   * How long a key is in the JWKS before it signs, so that whoever caches the JWKS knows the key in time. At least 20
   * minutes.
   *
   * @default '1d'
   */
  readonly announce?: Duration | undefined
  /**
   * The secrets that stored keys are encrypted with. The first encrypts, all decrypt. To change it, first add the new one at
   * the end on all instances, then move it to the front; the old one may go once `KeyService.list` names it no more.
   */
  readonly wrap: readonly WrapKey[]
}

/** A secret that stored keys are encrypted with. Not the secret of anything else. */
export interface WrapKey {
  /** Stored with each key: 1 to 64 letters, digits, dots, hyphens and underscores. */
  readonly id: string
  /** At least 32 bytes; a string is taken as UTF-8. */
  readonly secret: string | Uint8Array
}

/**
 * The option `cookies`: the names and attributes of both token cookies (RFC 6265). They are always `HttpOnly`; `Max-Age`
 * follows the token's `exp`. The same attributes are used to set and to clear a cookie.
 */
export interface CookieOptions {
  /**
   * `false` drops `Secure` and the prefixes of the names, for development over plain http. A boot error in production.
   *
   * @default true
   */
  readonly secure?: boolean | undefined
  /**
   * The attribute `SameSite`. `'none'` needs `secure`.
   *
   * @default 'lax'
   */
  readonly sameSite?: 'strict' | 'lax' | 'none' | undefined
  /**
   * If left out, only the host itself receives the cookies. With a domain they are named `__Secure-…` instead of
   * `__Host-…`: all its subdomains receive them, and each can set a cookie of the same name. Requests with both are
   * then refused with `token_malformed` until the next login.
   */
  readonly domain?: string | undefined
  /** The cookie of the access token. If left out, it is named `__Host-access_token`. */
  readonly accessToken?: TokenCookieOptions | undefined
  /** The cookie of the refresh token. If left out, it is named `__Host-refresh_token`. */
  readonly refreshToken?: TokenCookieOptions | undefined
}

/** The name and the path of one token's cookie. Every variant of it that a browser may still hold is cleared with it. */
export interface TokenCookieOptions {
  /** The whole name, with its prefix. */
  readonly name?: string | undefined
  /**
   * The path that browsers see; behind a proxy that rewrites paths, it differs from the app's path. If left out, it is `/`.
   * With any other path the prefix is `__Secure-` instead of `__Host-`, so a sibling domain can set a cookie of that name.
   */
  readonly path?: string | undefined
}

/** The option `csrf`: which other origins may send requests, and whether a token in a header is required as well. */
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

/** The option `sessions`: how many a subject may have, how they are checked, and how long to wait for the store. */
export interface SessionsOptions {
  /** How many sessions a subject may have. One more ends the least recently used one. If left out, there is no limit. */
  readonly max?: number | undefined
  /**
   * How long to wait for the session store before the answer is 503. From 1 ms to 1 minute.
   *
   * @default '500ms'
   */
  readonly timeout?: Duration | undefined
  /**
   * `'always'`: every access token is checked against the store, in one round trip. `{ maxStaleness }`, from 1 ms to 5
   * minutes: the store's answer is remembered for that long, so a revocation may be noticed that much later. Refresh
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

/** Options that shape the module graph. With `forRootAsync` they are set next to the factory, not returned by it. */
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
  /** Keeps sessions. If left out: `InMemorySessionStore`, which must be set explicitly in production. */
  readonly sessionStore?: ProviderSource<SessionStore> | undefined
  /** Keeps the keys of `keyRotation`. If left out: `InMemoryKeyStore`, which must be set explicitly in production. */
  readonly keyStore?: ProviderSource<KeyStore> | undefined
  /**
   * Makes `JwtAuthContext` available. On Node 20 and 22 this makes every promise of the process slower.
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
  /** Called once at boot. If it throws or rejects, the app does not start. */
  createJwtAuthOptions(): JwtAuthOptions | Promise<JwtAuthOptions>
}
