import { HIDDEN_MEMBER, hiddenMembers } from '../errors/hidden-members.js'
import { nearestName } from '../errors/nearest-name.js'
import { JwtAuthUsageError } from '../errors/usage.error.js'
import { type PlainObject, plainObject } from '../token/plain-data.js'
import { givenClaims } from './custom-claims.js'
import { refuseAudience } from './refuse-unusable.js'
import type {
  ExchangeOptions,
  IssueOptions,
  OneTimeTokenOptions,
  RefreshOptions,
  SessionOptions,
} from './issue-options.js'

/**
 * The options of one call, checked and copied: what the app does to its own objects later changes no token. Every
 * member is set, so that none is read from a prototype.
 */
export interface CheckedIssueOptions extends Omit<IssueOptions, 'claims' | 'session'> {
  readonly claims: PlainObject
  readonly session: CheckedSessionOptions
}

export interface CheckedSessionOptions extends SessionOptions {
  readonly metadata: PlainObject
}

export type CheckedRefreshOptions = Omit<CheckedIssueOptions, 'session' | 'authTime'>

export interface CheckedOneTimeTokenOptions extends OneTimeTokenOptions {
  readonly claims: PlainObject
}

/** Every member of `T`, not set; the compiler keeps it complete. */
type Members<T> = Readonly<Record<keyof T, undefined>>

const REFRESH: Members<RefreshOptions> = {
  claims: undefined,
  header: undefined,
  expiresIn: undefined,
  notBefore: undefined,
  audience: undefined,
}
const EXCHANGE: Members<ExchangeOptions> = { ...REFRESH, session: undefined }
const ISSUE: Members<IssueOptions> = { ...EXCHANGE, authTime: undefined }
const SESSION: Members<SessionOptions> = {
  metadata: undefined,
  expiresIn: undefined,
  sessionExpiresIn: undefined,
  persistent: undefined,
}
const ONE_TIME: Members<OneTimeTokenOptions> = { expiresIn: undefined, claims: undefined }

/** Throws `options_invalid`, `claims_invalid`, `header_invalid`, `metadata_invalid` or a `ReservedClaimError`. */
export function checkIssueOptions(options: IssueOptions): CheckedIssueOptions {
  const own = ownMembers(options, ISSUE)
  const { claims, header, audience, expiresIn, notBefore } = checkShared(own)
  const session = checkSession(own.session)
  return { claims, header, audience, expiresIn, notBefore, authTime: own.authTime, session }
}

/** Throws like `checkIssueOptions`. */
export function checkExchangeOptions(options: ExchangeOptions): CheckedIssueOptions {
  const own = ownMembers(options, EXCHANGE)
  return { ...checkShared(own), authTime: undefined, session: checkSession(own.session) }
}

/** Throws like `checkIssueOptions`. */
export function checkRefreshOptions(options: RefreshOptions): CheckedRefreshOptions {
  return checkShared(ownMembers(options, REFRESH))
}

/** Throws like `checkIssueOptions`. */
export function checkOneTimeOptions(options: OneTimeTokenOptions): CheckedOneTimeTokenOptions {
  const { expiresIn, claims } = ownMembers(options, ONE_TIME)
  return { expiresIn, claims: givenClaims(claims) }
}

/**
 * The own members of an options object, so that nothing on a prototype is taken for an option. Throws `options_invalid`
 * for what is no object, for unknown members, and for what the class of the object has. `path` names the object in errors.
 */
export function ownMembers<T extends object>(options: T, known: Members<T>, path = 'options'): T {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new JwtAuthUsageError('options_invalid', `${path} must be an object.`)
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name))
  const names = Object.keys(known)
  const [hidden] = hiddenMembers(options, names)
  if (hidden !== undefined) {
    throw new JwtAuthUsageError('options_invalid', `${path}.${hidden}: ${HIDDEN_MEMBER.join('. ')}.`)
  }
  // Every member is set, so that none is read from a prototype.
  if (unknown === undefined) return { ...known, ...options }
  const near = nearestName(unknown, names)
  const advice = near === undefined ? `The options here are ${names.join(', ')}.` : `Did you mean ${near}?`
  throw new JwtAuthUsageError(
    'options_invalid',
    `${path}.${unknown.slice(0, 64)} is not an option. ${advice}`,
  )
}

function checkShared({
  claims,
  header,
  audience,
  expiresIn,
  notBefore,
}: RefreshOptions): CheckedRefreshOptions {
  // Here, because a session keeps it as JSON before any token is made.
  refuseAudience(audience)
  return {
    claims: givenClaims(claims),
    header: header === undefined ? undefined : plainObject(header, HEADER),
    audience: Array.isArray(audience) ? [...(audience as readonly string[])] : audience,
    expiresIn,
    notBefore,
  }
}

const HEADER = { code: 'header_invalid', name: 'options.header', member: 'header member' } as const
const METADATA = { code: 'metadata_invalid', name: 'options.session.metadata', member: 'member' } as const

const NO_SESSION_OPTIONS: CheckedSessionOptions = Object.freeze({
  metadata: Object.freeze({}),
  expiresIn: undefined,
  sessionExpiresIn: undefined,
  persistent: undefined,
})

function checkSession(session: SessionOptions | undefined): CheckedSessionOptions {
  if (session === undefined) return NO_SESSION_OPTIONS
  const own = ownMembers(session, SESSION, 'options.session')
  const { metadata, expiresIn, sessionExpiresIn, persistent } = own
  if (!['boolean', 'undefined'].includes(typeof persistent)) {
    throw new JwtAuthUsageError('options_invalid', 'options.session.persistent must be true or false.')
  }
  return { metadata: plainObject(metadata ?? {}, METADATA), expiresIn, sessionExpiresIn, persistent }
}
