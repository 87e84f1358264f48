import { IncomingMessage } from 'node:http'
import { isStandardSchema } from '../token/standard-schema.js'
import type { JwtAuthOptions } from './jwt-auth-options.js'
import type { Problems } from './problems.js'

/** The options that are names and texts. */
export function checkTexts(options: JwtAuthOptions, problems: Problems): void {
  const { issuer, audience, realm, attachIdentityAs: name } = options
  if (issuer !== undefined && !isName(issuer))
    problems.add('issuer', 'is empty or no text', 'Leave it out, or name one')
  const audiences: readonly unknown[] = audience === undefined ? ['unset'] : [audience].flat()
  if (audiences.length === 0 || !audiences.every(isName)) {
    problems.add('audience', 'is empty or no text', 'Leave it out, or name at least one')
  }
  // It stands between quotes in a header: RFC 9110 section 5.6.4.
  if (realm !== undefined && !(isName(realm) && /^[ !#-[\]-~]+$/.test(realm))) {
    problems.add('realm', 'is no plain text', 'Use printable ASCII without quotes and backslashes')
  }
  if (name !== undefined && (!isName(name) || !/^[A-Za-z_$][\w$]*$/.test(name) || isTaken(name))) {
    problems.add('attachIdentityAs', 'is no name that is free on a request', "Write 'user', for instance")
  }
}

/** The options that are called, for callers from outside the type system. */
export function checkHooks({ claimsSchema, subject }: JwtAuthOptions, problems: Problems): void {
  if (claimsSchema !== undefined && !isStandardSchema(claimsSchema)) {
    problems.add(
      'claimsSchema',
      'is no Standard Schema',
      'Give a schema of zod, valibot, arktype or the like',
    )
  }
  if (subject !== undefined && typeof subject !== 'function') {
    problems.add('subject', 'is no function', 'Write (identity) => string')
  }
}

/** Names that the requests of Express and Fastify need for themselves. */
const TAKEN: ReadonlySet<string> = new Set(
  'auth body headers query params raw __proto__ accepts app baseUrl context cookies fresh get header host hostname id ip ips is is404 log method next originalUrl path port protocol range req res route routeOptions routerPath secure server signal signedCookies socket stale subdomains url validateInput xhr'.split(
    ' ',
  ),
)

const isTaken = (name: string): boolean => TAKEN.has(name) || name in IncomingMessage.prototype

const isName = (value: unknown): value is string => typeof value === 'string' && value !== ''
