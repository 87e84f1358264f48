import type { JSONWebKeySet } from 'jose'
import type { ForeignClaims, IssuerOptions } from '../../issuers/issuer-options.js'
import { type Algorithm, ALGORITHMS, isAlgorithm } from '../../keys/algorithms.js'
import { either, functionLike, listOf, stringLike, valueThat } from './checks.js'
import { group, optional, required, type TableOf, withDefault } from './option.js'

/** Represents a token without `typ`, like `null` in the option. */
export const NO_TYPE = ''

const isString = (value: unknown): boolean => typeof value === 'string'

const name = stringLike('a non-empty string', 'Write a name, or leave the option out')
const names = (example: string) => either(isString, name, listOf(name, { example }))

const algorithm = valueThat(
  (value): value is Algorithm => isAlgorithm(value),
  `one of ${ALGORITHMS.join(', ')}`,
  "Set it to the algorithm of the issuer's tokens, such as 'RS256'",
)

const keySet = valueThat(
  (value): value is JSONWebKeySet =>
    typeof value === 'object' && value !== null && Array.isArray(Reflect.get(value, 'keys')),
  'a JWK Set',
  'Write { keys: [...] }, or set jwksUrl instead',
)

const tokenType = valueThat(
  (value): value is string => typeof value === 'string' && value !== '',
  'a string',
  "Write 'at+jwt' or 'JWT', for example, and null for tokens without typ",
)

const asObject = functionLike<(claims: ForeignClaims) => object>(
  "Write 'all', a list of names, or a function",
)

const ISSUER = {
  issuer: required(names("'https://login.example.com/'"), 'missing'),
  jwksUrl: optional(name),
  discovery: optional(either((value) => value === true, { read: () => true as const }, name)),
  keys: optional(keySet),
  audience: optional(names("'https://api.example.com'")),
  clients: optional(listOf(name, { example: "['my-client-id']" })),
  algorithms: required(listOf(algorithm, { example: "['RS256']" }), ['RS256']),
  tokenTypes: withDefault(
    listOf(
      either((value) => value === null, { read: () => NO_TYPE }, tokenType),
      { example: "['at+jwt']" },
    ),
    ['at+jwt'],
  ),
  requiredClaims: withDefault(listOf(name, { example: "['sub', 'exp']", canBeEmpty: true }), ['sub', 'exp']),
  accept: optional(functionLike<(claims: ForeignClaims) => boolean>('Write (claims) => boolean')),
  subject: optional(functionLike<(claims: ForeignClaims) => string>('Write (claims) => string')),
  claims: optional(
    either(
      (value) => value === 'all',
      { read: () => 'all' as const },
      either(Array.isArray, listOf(name, { example: "['email']", canBeEmpty: true }), asObject),
    ),
  ),
  scopeClaims: withDefault(listOf(name, { example: "['scope']", canBeEmpty: true }), ['scope']),
  fetch: optional(functionLike<typeof globalThis.fetch>('Pass a function like the global fetch')),
} satisfies TableOf<IssuerOptions>

export const issuerEntry = group(ISSUER)

/** One entry of the option `issuers`, checked. */
export type CheckedIssuer = Exclude<ReturnType<typeof issuerEntry.read>, undefined>

export const issuersOption = optional(
  listOf(issuerEntry, {
    example: "[{ issuer: 'https://login.example.com/', audience, algorithms: ['RS256'] }]",
  }),
)
