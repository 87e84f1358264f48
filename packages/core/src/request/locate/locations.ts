import { refusePromise } from '../../errors/refuse-promise.js'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import { checkSize, malformed } from '../../token/compact-jws.js'
import type { TokenKind } from '../../token/token-kind.js'
import type { CookieReaders } from '../cookie-reader.js'
import type { Carrier } from './carrier.js'

/** A location in the options; see `TokenLocation`. `Context` is the argument of a location function. */
export type LocationOption<Context> =
  | 'header'
  | 'cookie'
  | 'query'
  | 'body'
  | { readonly header: string; readonly scheme?: string | null | undefined }
  | { readonly query: string }
  | { readonly body: string }
  | ((context: Context) => string | undefined)

/** Reads one location of a request. Returns `undefined` if it is empty. Throws `token_malformed`. */
export interface ReadLocation<Context = unknown> {
  (carrier: Carrier<Context>, kind: TokenKind): string | undefined
  /** As the options or `@TokenLocations` name it. */
  readonly option: LocationOption<Context>
  /** What it reads, in the words of a log line. */
  readonly place: string
  readonly byCookie?: boolean
  /** A function of the app, which needs the context of a handler: before there is one, it cannot be called. */
  readonly needsContext?: boolean
}

/** Reads one location, and says nothing of it. */
type Read<Context = unknown> = ((carrier: Carrier<Context>, kind: TokenKind) => string | undefined) &
  Partial<Pick<ReadLocation, 'byCookie' | 'needsContext'>>

/** Turns a location into the function that reads it. Called once per location, at boot. */
export function toReadLocation<Context>(
  location: LocationOption<Context>,
  cookies: CookieReaders,
): ReadLocation<Context> {
  return Object.assign(readOf(location, cookies), { option: location, place: placeOf(location) })
}

function readOf<Context>(location: LocationOption<Context>, cookies: CookieReaders): Read<Context> {
  if (location === 'cookie') return readCookie(cookies)
  if (typeof location === 'function') return readCustom(location)
  if (location === 'header') return readHeader('authorization', 'Bearer')
  if (location === 'query') return (carrier, kind) => readMember(carrier.query, `${kind}_token`)
  if (location === 'body') return (carrier, kind) => readMember(carrier.body, `${kind}_token`)
  if ('query' in location) return (carrier) => readMember(carrier.query, location.query)
  if ('body' in location) return (carrier) => readMember(carrier.body, location.body)
  const name = location.header.toLowerCase()
  const scheme = location.scheme === undefined ? defaultScheme(name) : location.scheme
  return readHeader(name, scheme)
}

function placeOf(location: LocationOption<never>): string {
  if (typeof location === 'function') return 'a location function'
  if (typeof location === 'string') return location === 'header' ? 'header authorization' : location
  const [[kind, name] = []] = Object.entries(location)
  return `${kind} ${name}`
}

/** Whether a value from outside the type system is a location. */
export function isLocation<Context>(location: unknown): location is LocationOption<Context> {
  if (typeof location === 'function') return true
  if (typeof location !== 'object' || location === null)
    return ['header', 'cookie', 'query', 'body'].includes(String(location))
  const { header, scheme, query, body, ...rest } = location as Record<string, unknown>
  const names = [header, query, body].filter((name) => name !== undefined)
  if (names.length !== 1 || Object.keys(rest).length > 0) return false
  if (header === undefined) return typeof names[0] === 'string' && names[0] !== '' && scheme === undefined
  // Cookies have a location of their own, since they need a CSRF check.
  if (!isHttpToken(header) || header.toLowerCase() === 'cookie') return false
  return scheme === undefined || scheme === null || isHttpToken(scheme)
}

/** The scheme that challenges name: that of the first location with one (RFC 9110 section 11.3). */
export function challengeScheme<Context>(locations: readonly LocationOption<Context>[]): string {
  for (const location of locations) {
    if (location === 'header') break
    if (typeof location === 'object' && 'header' in location && typeof location.scheme === 'string') {
      return location.scheme
    }
  }
  return 'Bearer'
}

const defaultScheme = (header: string): string | null => (header === 'authorization' ? 'Bearer' : null)

/** A name or a scheme: RFC 9110 section 5.6.2. */
const HTTP_TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const isHttpToken = (value: unknown): value is string => typeof value === 'string' && HTTP_TOKEN.test(value)

function readHeader(name: string, scheme: string | null): Read {
  const tokenOf = scheme === null ? checked : readAfterScheme(scheme)
  return (carrier) => {
    const [value, ...more] = carrier.parameterValues?.(name) ?? carrier.headerValues(name)
    if (more.length > 0) throw malformed(`the header ${name} was sent more than once`)
    return value === undefined || value === '' ? undefined : tokenOf(value)
  }
}

/** Reads credentials (RFC 9110 section 11.4): those of another scheme are left to others. */
function readAfterScheme(scheme: string): (credentials: string) => string | undefined {
  const wanted = scheme.toLowerCase()
  return (credentials) => {
    const end = credentials.search(/[^!#$%&'*+.^_`|~0-9A-Za-z-]|$/)
    if (credentials.slice(0, end).toLowerCase() !== wanted) return undefined
    // A tab, for example, separates nothing.
    if (credentials[end] !== ' ') throw malformed('the scheme is not followed by a token')
    return checked(credentials.slice(end).replace(/^ +/, ''))
  }
}

/** A sibling domain may have set a second cookie of the same name, so neither of the two is trusted. */
function readCookie(cookies: CookieReaders): Read {
  const read = (carrier: Carrier, kind: TokenKind): string | undefined => {
    const values = cookies[kind](carrier.headerValues('cookie'))
    if (values.length > 1) throw malformed('two cookies have the name of the token')
    return values[0] === undefined || values[0] === '' ? undefined : checked(values[0])
  }
  return Object.assign(read, { byCookie: true })
}

/** A member of a parsed query or body. A repeated parameter arrives as an array, which is no token. */
function readMember(container: unknown, name: string): string | undefined {
  if (typeof container !== 'object' || container === null || !Object.hasOwn(container, name)) return undefined
  const value = (container as Readonly<Record<string, unknown>>)[name]
  return value === undefined || value === '' ? undefined : checked(value)
}

function readCustom<Context>(location: (context: Context) => string | undefined): Read<Context> {
  const read = ({ context }: Carrier<Context>): string | undefined => {
    const value: unknown = location(context)
    if (value === undefined || value === '') return undefined
    refusePromise(value, 'location_invalid', 'A location function')
    if (typeof value !== 'string') {
      throw new JwtAuthUsageError(
        'location_invalid',
        'A location function must return the token as a string, or undefined.',
      )
    }
    return checked(value)
  }
  return Object.assign(read, { needsContext: true })
}

/** Only the alphabet of a compact JWS passes: no white space, no comma list. */
function checked(token: unknown): string {
  // A body may hold a string of megabytes, which must not be searched.
  checkSize(token)
  if (!/^[\w.-]+$/.test(token)) throw malformed('the token contains characters that no token contains')
  return token
}
