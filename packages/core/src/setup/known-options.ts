import type { JwtAuthExtras, JwtAuthOptions } from './jwt-auth-options.js'
import type { Problems } from './problems.js'

/** Every option there is, with the names inside it where it is an object. The compiler keeps this complete. */
const OPTIONS: Readonly<Record<keyof JwtAuthOptions, readonly string[] | true>> = {
  secret: true,
  keys: true,
  issuer: true,
  audience: true,
  accessToken: ['expiresIn', 'notBefore', 'allowNever'],
  refreshToken: ['expiresIn', 'sessionExpiresIn', 'reuseGrace'],
  sessions: ['max', 'timeout', 'check'],
  clockTolerance: true,
  requiredClaims: true,
  claimsSchema: true,
  claimsMode: true,
  locations: true,
  cookies: ['secure', 'sameSite', 'domain', 'accessToken', 'refreshToken'],
  csrf: ['trustedOrigins', 'doubleSubmit'],
  subject: true,
  attachIdentityAs: true,
  realm: true,
  verifiedTokenCache: ['max'],
}

/** Options that `false` turns off. */
const OFF: ReadonlySet<string> = new Set(['refreshToken', 'verifiedTokenCache'])

const EXTRAS: Readonly<Record<keyof JwtAuthExtras, readonly string[] | true>> = {
  isGlobal: true,
  claimsLoader: true,
  identityLoader: true,
  sessionStore: true,
  requestContext: true,
  endpoints: ['path', 'authenticator', 'login', 'refresh', 'logout', 'logoutAll', 'sessions'],
}

const ASYNC_ONLY: ReadonlySet<string> = new Set([
  'imports',
  'inject',
  'useFactory',
  'useClass',
  'useExisting',
  'provideInjectionTokensFrom',
])

/** Reports options that do not exist, and options that were written on the wrong side of a `forRootAsync`. */
export function refuseUnknown(options: object, extras: object, problems: Problems): void {
  for (const [name, value] of Object.entries(options)) {
    if (Object.hasOwn(EXTRAS, name)) {
      problems.add(name, 'shapes the module graph', `Write it beside useFactory, not into what it returns`)
    } else if (!Object.hasOwn(OPTIONS, name)) {
      problems.add(name, 'is no option', suggestion(name, Object.keys({ ...OPTIONS, ...EXTRAS })))
    } else {
      refuseUnknownInside(name, OPTIONS[name as keyof JwtAuthOptions], value, problems)
    }
  }
  for (const [name, value] of Object.entries(extras)) {
    if (Object.hasOwn(EXTRAS, name)) {
      refuseUnknownInside(name, EXTRAS[name as keyof JwtAuthExtras], value, problems)
      continue
    }
    if (ASYNC_ONLY.has(name) || Object.hasOwn(options, name)) continue
    if (Object.hasOwn(OPTIONS, name))
      problems.add(name, 'is set beside the factory', 'Return it from the factory')
    else problems.add(name, 'is no option', suggestion(name, Object.keys(EXTRAS)))
  }
}

/** The options without those that should be objects and are not: they were reported, and nobody can read them. */
export function readableOptions(options: JwtAuthOptions): JwtAuthOptions {
  const unreadable = Object.keys(OPTIONS).filter((name) => {
    const value: unknown = options[name as keyof JwtAuthOptions]
    return Array.isArray(OPTIONS[name as keyof JwtAuthOptions]) && !isReadable(name, value)
  })
  const blanks = Object.fromEntries(unreadable.map((name) => [name, undefined]))
  return unreadable.length === 0 ? options : { ...options, ...blanks }
}

/** Reports what an option that is an object has inside and should not. */
export function refuseUnknownInside(
  path: string,
  known: readonly string[] | true,
  value: unknown,
  problems: Problems,
): void {
  if (known === true) return
  if (!isReadable(path, value)) {
    problems.add(path, 'is no object', `Write { ${known.join(', ')} }`)
    return
  }
  for (const name of Object.keys(value || {})) {
    if (!known.includes(name)) problems.add(`${path}.${name}`, 'is no option', suggestion(name, known))
  }
}

function isReadable(path: string, value: unknown): value is object | false | undefined {
  if (value === undefined || (value === false && OFF.has(path))) return true
  return typeof value === 'object' && value !== null
}

function suggestion(name: string, known: readonly string[]): string {
  const near = known.find((option) => option.toLowerCase().startsWith(name.toLowerCase().slice(0, 4)))
  return near === undefined ? `There are: ${known.join(', ')}` : `Did you mean ${near}?`
}
