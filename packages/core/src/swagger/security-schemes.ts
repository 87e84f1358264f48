import { isDeepStrictEqual } from 'node:util'
import type { ExecutionContext } from '@nestjs/common'
import type { CookieSettings } from '../cookies/cookie-settings.js'
import type { LocationOption } from '../request/locate/locations.js'
import type { TokenKind } from '../token/token-kind.js'
import { NamedParts } from './named-parts.js'

/** A Security Scheme Object. */
interface Scheme {
  readonly type: 'http' | 'apiKey'
  readonly scheme?: string
  readonly bearerFormat?: string
  readonly in?: string
  readonly name?: string
  readonly description: string
}

interface Described {
  /** The name that it has in a document, if that is not taken. */
  readonly name: string
  readonly scheme: Scheme
  /** Whether a scheme of the app that has the same place sends the same value. */
  readonly isPlain: boolean
}

const KINDS = {
  access: 'The access token',
  refresh: 'The refresh token, which is sent in the place of the access token',
} as const satisfies Record<TokenKind, string>

/** The security schemes of a document: one for each location of each kind of token. */
export class SecuritySchemes {
  private readonly parts: NamedParts

  constructor(
    given: Readonly<Record<string, object>> | undefined,
    private readonly cookies: CookieSettings,
  ) {
    this.parts = new NamedParts(given)
  }

  /** The name of the scheme of a location. A scheme of the app's own that means the same is used as it is. */
  nameOf(location: LocationOption<ExecutionContext>, kind: TokenKind): string {
    const { name, scheme, isPlain } = describe(location, kind, this.cookies)
    if (kind === 'refresh') return this.parts.add(`refresh-${name}`, scheme)
    const refresh = describe(location, 'refresh', this.cookies).scheme
    const ofApp = this.parts.find(
      (part) => isPlain && isSamePlace(part, scheme) && !isDeepStrictEqual(part, refresh),
    )
    return ofApp ?? this.parts.add(name, scheme)
  }

  /** The name of a scheme for what another guard requires, which this library does not know. */
  nameOfGuard(guard: string): string {
    return this.parts.add(
      guard,
      unsendable('other', `What ${guard} requires. Describe it with @ApiSecurity.`),
    )
  }

  toObject(): Record<string, object> {
    return this.parts.toObject()
  }
}

function describe(
  location: LocationOption<ExecutionContext>,
  kind: TokenKind,
  { tokens }: CookieSettings,
): Described {
  const token = KINDS[kind]
  if (location === 'header') return bearer(token)
  if (location === 'cookie') {
    const description = `${token}. Browsers send the cookie by themselves.`
    return apiKey('cookie', { in: 'cookie', name: tokens[kind].current.name, description })
  }
  if (typeof location === 'function') {
    const description = `${token}, where a function of the app finds it. OpenAPI cannot say where.`
    return { name: 'custom', scheme: unsendable('custom', description), isPlain: false }
  }
  if (typeof location === 'object' && 'header' in location) return ofHeader(location, token)
  const member = bodyMember(location, kind)
  if (member !== undefined) {
    const description = `${token} in the member \`${member}\` of the body, which OpenAPI has no scheme for.`
    return { name: componentName('body', location), scheme: unsendable('body', description), isPlain: false }
  }
  const name = typeof location === 'object' && 'query' in location ? location.query : `${kind}_token`
  return apiKey(componentName('query', location), { in: 'query', name, description: `${token}.` })
}

/** The member of the body that holds the token; `undefined`: it travels elsewhere. */
export function bodyMember(location: LocationOption<ExecutionContext>, kind: TokenKind): string | undefined {
  if (location === 'body') return `${kind}_token`
  return typeof location === 'object' && 'body' in location ? location.body : undefined
}

/** Tools know no other scheme than `bearer`, so another one is a part of the value. */
function ofHeader(
  { header, scheme }: { readonly header: string; readonly scheme?: string | null | undefined },
  token: string,
): Described {
  const isAuthorization = header.toLowerCase() === 'authorization'
  const own = scheme === undefined && isAuthorization ? 'Bearer' : (scheme ?? undefined)
  if (isAuthorization && own?.toLowerCase() === 'bearer') return bearer(token)
  const description = own === undefined ? `${token}.` : `${token}, after the word \`${own}\` and a space.`
  const place = { in: 'header', name: header, description }
  return { ...apiKey(componentName('header', { header }), place), isPlain: own === undefined }
}

function bearer(token: string): Described {
  const scheme = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: `${token}.` } as const
  return { name: 'bearer', scheme, isPlain: true }
}

function apiKey(name: string, place: Pick<Scheme, 'in' | 'name' | 'description'>): Described {
  return { name, scheme: { type: 'apiKey', ...place }, isPlain: true }
}

/** No tool can send it, and none takes it for something else. */
function unsendable(scheme: string, description: string): Scheme {
  return { type: 'http', scheme, description }
}

function componentName(kind: string, location: object | string): string {
  const [member] = typeof location === 'object' ? Object.values(location) : []
  return [kind, member]
    .filter((part) => part !== undefined)
    .join('-')
    .replaceAll(/[^\w.-]/g, '_')
}

function isSamePlace(part: object, wanted: Scheme): boolean {
  const { type, scheme, in: where, name } = part as Partial<Record<keyof Scheme, unknown>>
  if (type !== wanted.type) return false
  if (type === 'http') return String(scheme).toLowerCase() === wanted.scheme
  if (where !== wanted.in) return false
  // The names of headers are compared without case: RFC 9110 section 5.1.
  return where === 'header' ? String(name).toLowerCase() === wanted.name?.toLowerCase() : name === wanted.name
}
