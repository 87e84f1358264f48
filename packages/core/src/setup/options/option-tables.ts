import { IncomingMessage } from 'node:http'
import type { CanActivate, Type } from '@nestjs/common'
import { defaultSubject, type SubjectOf } from '../../issue/subject.js'
import type { JwtKey } from '../../keys/jwt-key.js'
import { isLocation } from '../../request/locate/locations.js'
import { isStandardSchema } from '../../token/standard-schema.js'
import type {
  AccessTokenOptions,
  AuditOptions,
  JwtAuthExtras,
  JwtAuthOptions,
  RefreshTokenOptions,
  SessionsOptions,
  VerifiedTokenCacheOptions,
} from '../jwt-auth-options.js'
import {
  either,
  flag,
  functionLike,
  listOf,
  oneOf,
  orFalse,
  secretLike,
  stringLike,
  valueThat,
  wholeNumber,
} from './checks.js'
import { COOKIES, CSRF } from './cookie-options.js'
import { durationFrom, lifetime, wholeSeconds } from './duration-check.js'
import { ENDPOINTS } from './endpoint-options.js'
import { LEGACY_TOKENS } from './legacy-options.js'
import { KEY_ROTATION } from './key-options.js'
import { issuersOption } from './issuer-options.js'
import { group, optional, type Read, required, type TableOf, withDefault } from './option.js'
import { providerSource } from './provider-source.js'

const isString = (value: unknown): boolean => typeof value === 'string'

const key = valueThat(
  (value): value is JwtKey => typeof value === 'object' && value !== null,
  'an object with a key',
  'Write { algorithm, secret }, { algorithm, privateKey }, { algorithm, publicKey } or { algorithm, publicKey, sign }',
)

const name = stringLike('a non-empty string', 'Leave the option out, or write a name')
const nameOrNames = either(isString, name, listOf(name, { example: "'one' or ['one', 'two']" }))

/** It is put between quotes in a header: RFC 9110 section 5.6.4. */
const realm = stringLike(
  'a string of printable ASCII characters',
  'Remove quotes, backslashes and characters that are not printable ASCII',
  /^[ !#-[\]-~]+$/,
)

const ACCESS_TOKEN = {
  expiresIn: withDefault(
    either((value) => value === 'never', oneOf('never'), lifetime('15m')),
    '15m',
  ),
  notBefore: optional(wholeSeconds(durationFrom({ min: '0s', max: '36500d', example: '5s' }))),
  allowNever: withDefault(flag, false),
} satisfies TableOf<AccessTokenOptions>

const REFRESH_TOKEN = {
  expiresIn: withDefault(lifetime('30d'), '30d'),
  sessionExpiresIn: optional(lifetime('90d')),
  reuseGrace: withDefault(durationFrom({ min: '0s', max: '60s', example: '10s' }), '10s'),
} satisfies TableOf<RefreshTokenOptions>

const STALENESS = { maxStaleness: required(durationFrom({ min: '1ms', max: '5m', example: '1s' }), '5m') }

const SESSIONS = {
  max: optional(wholeNumber(1, Infinity, 'Leave it out for no limit')),
  timeout: withDefault(durationFrom({ min: '1ms', max: '1m', example: '500ms' }), '500ms'),
  check: withDefault(either(isString, oneOf('always'), group(STALENESS)), 'always'),
} satisfies TableOf<SessionsOptions>

/** Below the most that a Map can hold. */
const MAX_CACHED = 10_000_000

const VERIFIED_TOKEN_CACHE = {
  max: withDefault(
    wholeNumber(1, MAX_CACHED, 'Set it to 10_000, or turn the cache off with verifiedTokenCache: false'),
    10_000,
  ),
} satisfies TableOf<VerifiedTokenCacheOptions>

const auditLevel = oneOf('off', 'warn', 'error')

const AUDIT = {
  level: withDefault(auditLevel, 'warn'),
  guards: withDefault(
    listOf(
      valueThat(
        (value): value is Type<CanActivate> =>
          typeof value === 'function' && Boolean(value.prototype?.canActivate),
        'the class of a guard',
        'Write the name of a class with the method canActivate',
      ),
      { example: '[ApiKeyGuard]', canBeEmpty: true },
    ),
    [],
  ),
} satisfies TableOf<AuditOptions>

/** Every option: its check and its default. The interface says what it means. */
export const OPTIONS = {
  secret: optional(secretLike),
  keys: optional(listOf(key, { example: '[{ algorithm, privateKey }]' })),
  keyRotation: optional(group(KEY_ROTATION)),
  legacyTokens: optional(group(LEGACY_TOKENS)),
  issuers: issuersOption,
  issuer: optional(nameOrNames),
  audience: optional(nameOrNames),
  accessToken: withDefault(group(ACCESS_TOKEN), {}),
  refreshToken: withDefault(orFalse(group(REFRESH_TOKEN)), {}),
  sessions: withDefault(group(SESSIONS), {}),
  clockTolerance: withDefault(durationFrom({ min: '0s', max: '5m', example: '30s' }), 0),
  requiredClaims: withDefault(listOf(name, { example: "['tenant']", canBeEmpty: true }), []),
  claimsSchema: optional(
    valueThat(
      isStandardSchema,
      'a Standard Schema',
      'Pass a schema made with zod, valibot, arktype or the like',
    ),
  ),
  claimsMode: withDefault(oneOf('extend', 'replace'), 'extend'),
  locations: withDefault(
    listOf(
      valueThat(
        isLocation,
        'a token location',
        "Write 'header', 'cookie', 'query', 'body', { header, scheme }, { query }, { body } or a function",
      ),
      { example: "['header']" },
    ),
    ['header'],
  ),
  cookies: withDefault(group(COOKIES), {}),
  csrf: withDefault(group(CSRF), {}),
  subject: withDefault(functionLike<SubjectOf>('Write (identity) => string'), defaultSubject),
  attachIdentityAs: optional(
    valueThat(isFreeMember, 'a property name that requests do not have already', "Write 'user', for example"),
  ),
  realm: optional(realm),
  verifiedTokenCache: withDefault(orFalse(group(VERIFIED_TOKEN_CACHE)), {}),
  audit: withDefault(either(isString, auditLevel, group(AUDIT)), 'warn'),
} satisfies TableOf<JwtAuthOptions>

/** Every option that shapes the module graph. */
export const EXTRA_OPTIONS = {
  isGlobal: withDefault(flag, true),
  claimsLoader: optional(providerSource),
  identityLoader: optional(providerSource),
  sessionStore: optional(providerSource),
  keyStore: optional(providerSource),
  requestContext: withDefault(flag, false),
  endpoints: withDefault(group(ENDPOINTS), {}),
} satisfies TableOf<JwtAuthExtras>

/** The options as the library works with them: durations in seconds, defaults filled in. */
export type CheckedOptions = Read<typeof OPTIONS>
export type CheckedExtras = Read<typeof EXTRA_OPTIONS>

/** Names that the requests of Express and Fastify need for themselves. */
const TAKEN: ReadonlySet<string> = new Set(
  'auth body headers query params raw __proto__ accepts app baseUrl context cookies fresh get header host hostname id ip ips is is404 log method next originalUrl path port protocol range req res route routeOptions routerPath secure server signal signedCookies socket stale subdomains url validateInput xhr'.split(
    ' ',
  ),
)

function isFreeMember(value: unknown): value is string {
  if (typeof value !== 'string' || !/^[A-Za-z_$][\w$]*$/.test(value)) return false
  return !TAKEN.has(value) && !(value in IncomingMessage.prototype)
}
