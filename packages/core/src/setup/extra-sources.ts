import type { InjectionToken, Provider, Type } from '@nestjs/common'
import { ClaimsLoader } from '../issue/claims-loader.js'
import { Authenticator } from '../nest/endpoints/authenticator.js'
import { InMemoryKeyStore } from '../keys/rotation/in-memory.key-store.js'
import { KeyStore } from '../keys/rotation/key-store.js'
import { IdentityLoader } from '../request/identity/identity-loader.js'
import { InMemorySessionStore } from '../sessions/store/in-memory.session-store.js'
import { SessionStore } from '../sessions/store/session-store.js'
import type { JwtAuthExtras, ProviderBody, ProviderSource } from './jwt-auth-options.js'

/** The extras that name a provider, each with the token under which the module itself has it. */
export const EXTRA_TOKENS = {
  claimsLoader: ClaimsLoader,
  identityLoader: IdentityLoader,
  sessionStore: SessionStore,
  keyStore: KeyStore,
  authenticator: Authenticator,
} as const

export type ExtraName = keyof typeof EXTRA_TOKENS
export const EXTRA_NAMES = Object.keys(EXTRA_TOKENS) as readonly ExtraName[]

/** The methods that `T` must have, which the compiler keeps complete. */
type MethodsOf<T> = {
  readonly [Name in keyof T as T[Name] extends (...args: never[]) => unknown ? Name : never]: true
}

/** What each extra must be able to do. */
export const EXTRA_METHODS: {
  readonly [Name in ExtraName]: MethodsOf<(typeof EXTRA_TOKENS)[Name]['prototype']>
} = {
  claimsLoader: { loadClaims: true },
  identityLoader: { loadIdentity: true },
  sessionStore: {
    open: true,
    lookUp: true,
    lookUpTokens: true,
    rotate: true,
    end: true,
    endAll: true,
    list: true,
    keepGeneration: true,
    revokeToken: true,
    addOneTimeToken: true,
    consumeOneTimeToken: true,
    prune: true,
  },
  keyStore: { read: true, replace: true },
  authenticator: { authenticate: true },
}

/** The path of an extra, for problems. */
export function pathOf(name: ExtraName): string {
  return name === 'authenticator' ? 'endpoints.authenticator' : name
}

/** The value under the extra's token if the extra is a class, so that a test can override it by that token too. */
export const ELSEWHERE = Object.freeze({ providedBy: 'a module of the app' })

/** What the module itself must provide for the extras. */
export function providersOfExtras(extras: JwtAuthExtras): Provider[] {
  return EXTRA_NAMES.flatMap((name) => {
    const source = sourceOf(extras, name)
    if (typeof source === 'function') return [{ provide: EXTRA_TOKENS[name], useValue: ELSEWHERE }]
    if (!isProviderBody(source)) return []
    return [{ provide: EXTRA_TOKENS[name] as InjectionToken, ...(source as { readonly useValue: unknown }) }]
  })
}

/** The stores that the library brings along. They need no provider in the app. */
const IN_MEMORY = { sessionStore: InMemorySessionStore, keyStore: InMemoryKeyStore } as const

/** Where the extra comes from, with the default for the stores. */
export function sourceOf(extras: JwtAuthExtras, name: ExtraName): ProviderSource<unknown> | undefined {
  const source = name === 'authenticator' ? extras.endpoints?.authenticator : extras[name]
  if (name !== 'sessionStore' && name !== 'keyStore') return source
  const ours: Type = IN_MEMORY[name]
  return source === undefined || source === ours ? { useClass: ours } : source
}

/** The class that the extra names; `undefined` for provider bodies. */
export function classOf(extras: JwtAuthExtras, name: ExtraName): Type | undefined {
  const source = sourceOf(extras, name)
  return typeof source === 'function' ? (source as Type) : undefined
}

/** Whether Nest can provide it. About another form Nest would throw an error that does not name the option. */
export function isProviderBody(source: unknown): source is ProviderBody<unknown> {
  if (typeof source !== 'object' || source === null) return false
  const members = new Map(Object.entries(source))
  const given = Object.entries(FORMS).filter(([name]) => members.get(name) !== undefined)
  return given.length > 0 && given.every(([name, fits]) => fits(members.get(name))) && hasTokens(members)
}

const isFunction = (value: unknown) => typeof value === 'function'
const isClass = (value: unknown) => typeof value === 'function' && value.prototype !== undefined
const isToken = (value: unknown) =>
  isFunction(value) || typeof value === 'string' || typeof value === 'symbol'

/** The forms of a provider, and what each takes. */
export const FORMS = {
  useFactory: isFunction,
  useValue: () => true,
  useClass: isClass,
  useExisting: isToken,
} satisfies Readonly<Record<string, (value: unknown) => boolean>>

/** `inject` has tokens, references to later ones (`forwardRef`), or objects with one of both. */
function hasTokens(members: ReadonlyMap<string, unknown>): boolean {
  const inject = members.get('inject') ?? []
  const names = (entry: unknown): boolean => isToken(entry) || isFunction(Object(entry).forwardRef)
  return Array.isArray(inject) && inject.every((entry) => names(entry) || names(entry?.token))
}
