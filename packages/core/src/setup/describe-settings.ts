import type { INestApplicationContext } from '@nestjs/common'
import { ModulesContainer } from '@nestjs/core'
import type { CookieDefinition, CookieSettings } from '../cookies/cookie-settings.js'
import type { KeyStore } from '../keys/rotation/key-store.js'
import { ENDPOINT_DEFAULTS, type EndpointName, endpointNames } from '../nest/endpoints/endpoint-routes.js'
import { findProviders } from '../nest/nest-internals.js'
import type { IdentityLoader } from '../request/identity/identity-loader.js'
import type { SessionStore } from '../sessions/store/session-store.js'
import { AppProviders } from './app-providers.js'
import type { ForeignSettings } from './foreign-settings.js'
import { isSecretOf } from './is-secret.js'
import { MODULE_INPUTS, type ModuleInputs } from './module-inputs.js'
import { type Settings, SETTINGS } from './settings.js'

/** A cookie as the app sets it. */
export interface CookieDescription {
  /** With its prefix. */
  readonly name: string
  readonly path: string
  /** `undefined`: the host that sets it, without its subdomains. */
  readonly domain: string | undefined
  readonly sameSite: 'strict' | 'lax' | 'none'
  readonly secure: boolean
}

/** The cookies that tokens travel in. */
export interface CookiesDescription {
  readonly accessToken: CookieDescription
  /** `undefined`: there are no refresh tokens. */
  readonly refreshToken: CookieDescription | undefined
}

/** The settings of the option `csrf`, without its secret. */
export interface CsrfDescription {
  readonly trustedOrigins: readonly string[]
  readonly doubleSubmit: boolean
}

/** An entry of the option `issuers`. */
export interface IssuerDescription {
  /** The `iss` of its tokens. */
  readonly issuer: string
  /** Where its keys, or the metadata that leads to them, are fetched; `undefined`: the keys are fixed. */
  readonly url: string | undefined
}

/** The settings of an app, for tools that examine it. Holds no secret. */
export interface SettingsDescription {
  /** `undefined`: `'cookie'` is not among `locations`. */
  readonly cookies: CookiesDescription | undefined
  readonly csrf: CsrfDescription
  /** The `iss` of the app's own tokens; `undefined`: they name no issuer. */
  readonly issuer: string | undefined
  readonly issuers: readonly IssuerDescription[]
  /** Which ready-made routes there are, and below which path, without prefixes and versions. */
  readonly endpoints: { readonly path: string; readonly routes: readonly EndpointName[] }
  /** `undefined`: there are no sessions. */
  readonly sessionStore: SessionStore | undefined
  /** `undefined`: keys do not rotate. */
  readonly keyStore: KeyStore | undefined
  /** Finds the identity of a token; `undefined`: the identity is the subject. */
  readonly identityLoader: IdentityLoader | undefined
  /**
   * Whether a string is one of the app's secrets or private keys: as it is, decoded from hex or base64, as PEM or as a JWK
   * in JSON. For tools that look for secrets where they do not belong.
   */
  readonly isSecret: (text: string) => boolean
}

/**
 * Describes the settings of an app for tools that examine it, such as `nest-jwt-auth doctor`. Throws a TypeError if the
 * app does not import `JwtAuthModule`, or is a preview, which has no settings.
 */
export function describeSettings(app: INestApplicationContext): SettingsDescription {
  const settings = partOf<Settings>(app, SETTINGS)
  const providers = partOf<AppProviders>(app, AppProviders)
  const { endpoints = {} } = partOf<ModuleInputs>(app, MODULE_INPUTS).extras
  const { sessions, rotation, cookies, csrf, issue, foreign } = settings
  return Object.freeze({
    cookies: cookies.inUse ? describeCookies(cookies, sessions !== undefined) : undefined,
    csrf: { trustedOrigins: [...csrf.trustedOrigins], doubleSubmit: csrf.doubleSubmit !== undefined },
    issuer: issue.issuer,
    issuers: foreign.flatMap(describeIssuer),
    endpoints: { path: endpoints.path ?? ENDPOINT_DEFAULTS.path, routes: endpointNames(endpoints) },
    sessionStore: sessions && providers.sessionStore(),
    keyStore: rotation && providers.keyStore(),
    identityLoader: providers.identityLoader(),
    isSecret: (text: string) => isSecretOf(settings, text),
  })
}

/** A provider of the module itself. Throws a TypeError as `describeSettings` does. */
export function partOf<T>(app: INestApplicationContext, token: symbol | typeof AppProviders): T {
  const [found] = findProviders(app.get(ModulesContainer), token)
  if (found === undefined) {
    throw new TypeError(
      'This app does not import JwtAuthModule. Write `JwtAuthModule.forRoot({ ... })` in the imports of its root module.',
    )
  }
  const part = found.wrapper.instance as T | null | undefined
  if (part !== null && part !== undefined) return part
  throw new TypeError('This app has no settings yet, or is a preview. Create it without `preview: true`.')
}

function describeCookies({ tokens }: CookieSettings, hasRefreshTokens: boolean): CookiesDescription {
  return {
    accessToken: describeCookie(tokens.access.current),
    refreshToken: hasRefreshTokens ? describeCookie(tokens.refresh.current) : undefined,
  }
}

function describeCookie({ name, path, domain, sameSite, secure }: CookieDefinition): CookieDescription {
  return { name, path, domain, sameSite, secure }
}

function describeIssuer({ issuers, options }: ForeignSettings): IssuerDescription[] {
  const { keys, jwksUrl, discovery } = options
  return issuers.map((issuer) => {
    const metadata = typeof discovery === 'string' ? discovery : below(issuer)
    return { issuer, url: keys === undefined ? (jwksUrl ?? metadata) : undefined }
  })
}

/** OpenID Connect Discovery 1.0 section 4. */
function below(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
}
