import type { TokenLocation } from '../nest/transports/token-location.js'
import { challengeScheme, isLocation, toReadLocation } from '../request/locate/locations.js'
import type { CookieSettings } from '../cookies/cookie-settings.js'
import { isCsrfTokenFor } from '../cookies/csrf-token.js'
import type { KeyRing } from '../keys/key-ring.js'
import type { CsrfRules } from '../request/csrf/check-csrf.js'
import { cookieReader, type CookieReaders } from '../request/cookie-reader.js'
import { defaultSubject } from '../issue/subject.js'
import type { IssueRules } from '../issue/issue-rules.js'
import type { ClaimRules } from '../token/check-claims.js'
import { parseDuration } from '../time/duration.js'
import { checkHooks, checkTexts } from './check-plain-options.js'
import type { JwtAuthOptions } from './jwt-auth-options.js'
import type { Problems } from './problems.js'
import { resolveMaxStaleness, resolveSessions, resolveStoreTimeout } from './resolve-sessions.js'
import { resolveCookies } from './resolve-cookies.js'
import { resolveKeys } from './resolve-keys.js'
import { resolveTrustedOrigins } from './resolve-trusted-origins.js'
import type { Settings } from './settings.js'

const DURATION_FIX = "Write seconds as a number, or a text with a unit: '15m'"

/** Options → frozen settings. What is wrong goes to `problems`, and then there are no settings. */
export async function resolveOptions(
  options: JwtAuthOptions,
  problems: Problems,
): Promise<Settings | undefined> {
  const keys = await resolveKeys(options, problems)
  const locations = resolveLocations(options.locations ?? ['header'], problems)
  const issue = resolveIssueRules(options, problems)
  const claims = resolveClaimRules(options, issue, problems)
  checkTexts(options, problems)
  checkHooks(options, problems)
  const sessions = resolveSessions(options, issue, claims.clockTolerance, problems)
  const storeTimeout = resolveStoreTimeout(options, problems)
  const maxStaleness = resolveMaxStaleness(options, problems)
  const rememberedTokens = resolveTokenCache(options, problems)
  const cookies = resolveCookies(options, problems)
  const trustedOrigins = resolveTrustedOrigins(options, problems)
  if (keys === undefined) return undefined
  const readers = readersOf(cookies)
  const toRead = (location: TokenLocation) => toReadLocation(location, readers)
  return Object.freeze({
    keys,
    issue,
    claims,
    sessions,
    storeTimeout,
    maxStaleness,
    locations: Object.freeze(locations.map(toRead)),
    toReadLocation: toRead,
    cookies,
    csrf: Object.freeze({ trustedOrigins, doubleSubmit: doubleSubmitOf(cookies, keys) }),
    subject: options.subject ?? defaultSubject,
    attachIdentityAs: options.attachIdentityAs,
    rememberedTokens,
    challenge: Object.freeze({ scheme: challengeScheme(locations), realm: options.realm }),
  })
}

function readersOf({ tokens }: CookieSettings): CookieReaders {
  return { access: cookieReader(tokens.access.name), refresh: cookieReader(tokens.refresh.name) }
}

function doubleSubmitOf({ csrf }: CookieSettings, keys: KeyRing): CsrfRules['doubleSubmit'] {
  return (
    csrf && {
      readCookie: cookieReader(csrf.name),
      isFor: (text, claims) => isCsrfTokenFor(text, claims, keys),
    }
  )
}

function resolveIssueRules(options: JwtAuthOptions, problems: Problems): IssueRules {
  const access = options.accessToken ?? {}
  const refresh = options.refreshToken === false ? undefined : (options.refreshToken ?? {})
  const mode: unknown = options.claimsMode ?? 'extend'
  if (mode !== 'extend' && mode !== 'replace') {
    problems.add('claimsMode', 'is none of the two', "Write 'extend' or 'replace'")
  }
  const allowNever: unknown = access.allowNever ?? false
  if (typeof allowNever !== 'boolean') {
    problems.add('accessToken.allowNever', 'is neither true nor false', 'Leave it out, or write true')
  }
  const accessExpiresIn = accessLifetime(access.expiresIn ?? '15m', allowNever === true, problems)
  return Object.freeze({
    issuer: options.issuer,
    audience: Array.isArray(options.audience) ? Object.freeze([...options.audience]) : options.audience,
    accessExpiresIn,
    accessNotBefore: notBefore(access.notBefore, accessExpiresIn, problems),
    allowNever: allowNever === true,
    refreshExpiresIn: refresh && lifetime('refreshToken.expiresIn', refresh.expiresIn ?? '30d', problems),
    claimsMode: options.claimsMode ?? 'extend',
    schema: options.claimsSchema,
  })
}

function resolveClaimRules(options: JwtAuthOptions, issue: IssueRules, problems: Problems): ClaimRules {
  const clockTolerance = parseDuration(options.clockTolerance ?? 0)
  if (clockTolerance === undefined || clockTolerance < 0 || clockTolerance > 300) {
    problems.add('clockTolerance', 'is no duration from 0 to 5 minutes', "Write '30s', for instance")
  }
  const given: unknown = options.requiredClaims ?? []
  const required: readonly unknown[] = Array.isArray(given) ? given : [undefined]
  if (required.some((name) => typeof name !== 'string' || name === '')) {
    problems.add('requiredClaims', 'is no list of claim names', "Write ['tenant'], for instance")
  }
  const extended = ['sub', ...(issue.allowNever ? [] : ['exp']), 'iat', 'jti']
  const registered = issue.claimsMode === 'replace' ? ['sub', 'exp'] : extended
  return Object.freeze({
    issuer: options.issuer,
    audience: options.audience === undefined ? undefined : Object.freeze([options.audience].flat()),
    clockTolerance: clockTolerance ?? 0,
    requiredClaims: Object.freeze({
      access: Object.freeze([...registered, ...(required as readonly string[])]),
      refresh: Object.freeze(['sub', 'exp', 'iat', 'jti', 'sid']),
      'one-time': Object.freeze(['sub', 'exp', 'iat', 'jti']),
    }),
    schema: options.claimsSchema,
  })
}

/** Below the most that a Map can hold. */
const MAX_REMEMBERED = 10_000_000

function resolveTokenCache({ verifiedTokenCache: cache }: JwtAuthOptions, problems: Problems): number {
  if (cache === false) return 0
  const { max = 10_000 } = cache ?? {}
  if (Number.isInteger(max) && max >= 1 && max <= MAX_REMEMBERED) return max
  problems.add(
    'verifiedTokenCache.max',
    'is no whole number from 1 to 10 million',
    'Write 10_000, or false for no cache',
  )
  return 0
}

function resolveLocations(locations: readonly TokenLocation[], problems: Problems): readonly TokenLocation[] {
  if (!Array.isArray(locations) || locations.length === 0) {
    problems.add('locations', 'names no place for tokens', "Write ['header'], or leave it out")
    return []
  }
  return (locations as readonly TokenLocation[]).filter((location, at) => {
    if (isLocation(location)) return true
    problems.add(
      `locations[${at}]`,
      'is no location',
      "Write 'header', 'cookie', 'query', 'body', { header, scheme } or a function",
    )
    return false
  })
}

/** `undefined`: for ever. */
function accessLifetime(expiresIn: unknown, allowNever: boolean, problems: Problems): number | undefined {
  const path = 'accessToken.expiresIn'
  if (expiresIn !== 'never') return lifetime(path, expiresIn, problems)
  if (!allowNever)
    problems.add(path, "is 'never'", "Write '15m', or set accessToken.allowNever to true as well")
  return undefined
}

/** Zero says `nbf` outright: good at once. */
function notBefore(value: unknown, expiresIn: number | undefined, problems: Problems): number | undefined {
  if (value === undefined) return undefined
  const path = 'accessToken.notBefore'
  const seconds = parseDuration(value)
  if (seconds === undefined) problems.add(path, 'is no duration', DURATION_FIX)
  else if (seconds < 0) problems.add(path, 'is negative', "Leave it out, or write '5s', for instance")
  else if (expiresIn !== undefined && seconds >= expiresIn) {
    problems.add(path, 'is no less than accessToken.expiresIn', 'Let tokens be good before they expire')
  }
  return seconds
}

function lifetime(path: string, value: unknown, problems: Problems): number {
  const seconds = parseDuration(value)
  if (seconds === undefined) problems.add(path, 'is no duration', DURATION_FIX)
  else if (seconds <= 0) problems.add(path, 'is not positive', "A token must live: write '15m', for instance")
  return seconds ?? 0
}
