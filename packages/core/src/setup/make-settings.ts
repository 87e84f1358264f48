import type { CookieSettings } from '../cookies/cookie-settings.js'
import { csrfMacs, isCsrfTokenFor } from '../cookies/csrf-token.js'
import type { IssueRules } from '../issue/issue-rules.js'
import type { LegacyTokenRules } from '../issuers/legacy-tokens.js'
import type { KeyRing } from '../keys/key-ring.js'
import { KeyWrap } from '../keys/rotation/key-wrap.js'
import { RotatingKeyRing } from '../keys/rotation/rotating-key-ring.js'
import type { RotationSettings } from '../keys/rotation/rotation-settings.js'
import type { BoundClaims } from '../request/csrf/check-csrf.js'
import type { TokenLocation } from '../nest/transports/token-location.js'
import { cookieReader } from '../request/cookie-reader.js'
import { challengeScheme, toReadLocation } from '../request/locate/locations.js'
import type { SessionRules } from '../sessions/lifetimes.js'
import type { ClaimRules } from '../token/check-claims.js'
import { foreignSettings } from './foreign-settings.js'
import type { CheckedOptions } from './options/option-tables.js'
import type { Settings } from './settings.js'

/** Converts valid options to settings. */
export function makeSettings(
  options: CheckedOptions,
  keys: KeyRing,
  cookies: CookieSettings,
  legacy: LegacyTokenRules | undefined,
): Settings {
  const { locations, sessions, csrf, verifiedTokenCache: cache, audit } = options
  const { access, refresh } = cookies.tokens
  const readers = {
    access: cookieReader(access.current.name),
    refresh: cookieReader(refresh.current.name),
  }
  const toRead = (location: TokenLocation) => toReadLocation(location, readers)
  const macs = csrfMacs(csrf.secret, keys) ?? keys
  return Object.freeze({
    keys,
    rotation: rotationSettings(options, keys),
    issue: issueRules(options),
    claims: claimRules(options),
    foreign: foreignSettings(options),
    legacy,
    sessions: sessionRules(options),
    storeTimeout: sessions.timeout * 1000,
    maxStaleness: sessions.check === 'always' ? undefined : sessions.check.maxStaleness * 1000,
    locations: Object.freeze(locations.map(toRead)),
    toReadLocation: toRead,
    cookies,
    csrf: Object.freeze({
      trustedOrigins: new Set(csrf.trustedOrigins),
      doubleSubmit: cookies.csrf && {
        readCookie: cookieReader(cookies.csrf.current.name),
        isFor: (csrfToken: string, claims: BoundClaims) => isCsrfTokenFor(csrfToken, claims, macs),
      },
    }),
    csrfMacs: macs,
    subject: options.subject,
    attachIdentityAs: options.attachIdentityAs,
    rememberedTokens: cache === false ? 0 : cache.max,
    challenge: Object.freeze({ scheme: challengeScheme(locations), realm: options.realm }),
    audit: Object.freeze(typeof audit === 'string' ? { level: audit, guards: [] } : audit),
  })
}

function rotationSettings(options: CheckedOptions, keys: KeyRing): RotationSettings | undefined {
  const { keyRotation, clockTolerance } = options
  const longest = longestLifetimes(options)
  if (keyRotation === undefined || longest === undefined || !(keys instanceof RotatingKeyRing))
    return undefined
  return Object.freeze({
    ring: keys,
    wrap: new KeyWrap(keyRotation.wrap),
    rules: Object.freeze({
      algorithm: keyRotation.algorithm,
      every: inMilliseconds(keyRotation.every),
      announce: inMilliseconds(keyRotation.announce),
      accessLifetime: inMilliseconds(longest.access),
      refreshLifetime: inMilliseconds(longest.oneTime),
      clockTolerance: inMilliseconds(clockTolerance),
    }),
  })
}

function longestLifetimes({ keyRotation, accessToken, refreshToken }: CheckedOptions): IssueRules['longest'] {
  const { expiresIn: access } = accessToken
  if (keyRotation === undefined || access === 'never') return undefined
  const oneTime = Math.max(access, refreshToken === false ? 0 : refreshToken.expiresIn)
  return Object.freeze({ access: Math.ceil(access), oneTime: Math.ceil(oneTime) })
}

function inMilliseconds(seconds: number): number {
  return Math.ceil(seconds * 1000)
}

function issueRules(options: CheckedOptions): IssueRules {
  const { accessToken, refreshToken, issuer } = options
  return Object.freeze({
    issuer: listOf(issuer)?.[0],
    audience: options.audience,
    accessExpiresIn: accessToken.expiresIn === 'never' ? undefined : accessToken.expiresIn,
    accessNotBefore: accessToken.notBefore,
    allowNever: accessToken.allowNever,
    longest: longestLifetimes(options),
    refreshExpiresIn: refreshToken === false ? undefined : refreshToken.expiresIn,
    claimsMode: options.claimsMode,
    requiredClaims: options.requiredClaims,
    schema: options.claimsSchema,
  })
}

function claimRules(options: CheckedOptions): ClaimRules {
  const { accessToken, claimsMode, requiredClaims } = options
  const extended = ['sub', ...(accessToken.allowNever ? [] : ['exp']), 'iat', 'jti']
  const registered = claimsMode === 'replace' ? ['sub', 'exp'] : extended
  return Object.freeze({
    issuers: listOf(options.issuer),
    audience: listOf(options.audience),
    clockTolerance: options.clockTolerance,
    requiredClaims: Object.freeze({
      access: Object.freeze([...registered, ...requiredClaims]),
      refresh: Object.freeze(['sub', 'exp', 'iat', 'jti', 'sid']),
      'one-time': Object.freeze(['sub', 'exp', 'iat', 'jti']),
    }),
    schema: options.claimsSchema,
  })
}

/** In milliseconds. */
function sessionRules(options: CheckedOptions): SessionRules | undefined {
  const { accessToken, refreshToken, sessions } = options
  if (refreshToken === false) return undefined
  const { expiresIn, sessionExpiresIn, reuseGrace } = refreshToken
  return Object.freeze({
    idle: expiresIn * 1000,
    absolute: sessionExpiresIn === undefined ? undefined : sessionExpiresIn * 1000,
    reuseGrace: reuseGrace * 1000,
    accessLifetime: accessToken.expiresIn === 'never' ? 0 : accessToken.expiresIn * 1000,
    clockTolerance: options.clockTolerance * 1000,
    max: sessions.max,
  })
}

function listOf(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : Object.freeze([value].flat())
}
