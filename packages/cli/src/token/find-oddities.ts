import { describeLength } from '../describe-time.js'
import type { DecodedToken } from './decode-token.js'
import { describeKind } from './describe-kind.js'
import { MAX_DEPTH } from './json-shape.js'

/** In characters: this library accepts no longer token. */
export const MAX_LENGTH = 8192
const DAY = 86_400 // seconds
/** In seconds this is the year 5138; in milliseconds it was in 1973. */
const SURELY_MILLISECONDS = 100_000_000_000
/** Seconds by which clocks may differ. */
export const CLOCK_SKEW = 5
export const DATES = ['iat', 'nbf', 'exp', 'auth_time'] as const
/** The members of a header that change how the rest is read. */
export const REFUSED_MEMBERS = ['crit', 'b64', 'zip', 'cty', 'enc'] as const
const SENSITIVE = /passw|secret|api_?key|credit|card_?number|\bssn\b|\bcvv\b/i

/** What is unusual about a token, as sentences without its values. `now` is in milliseconds. */
export function findOddities(token: DecodedToken, now: number): string[] {
  return [...oddHeader(token), ...oddDates(token.claims, now), ...oddClaims(token)]
}

function oddHeader({ header, length, hasSignature, isCanonical, hasTwins, depth }: DecodedToken): string[] {
  const { alg, kid } = header
  const refused = REFUSED_MEMBERS.filter((name) => name in header)
  const named = ['jwk', 'jku', 'x5u', 'x5c'].filter((name) => name in header)
  return sentences([
    [alg === undefined, 'The header has no alg. Every app refuses it.'],
    [
      typeof alg === 'string' && alg.toLowerCase() === 'none',
      'It is unsigned (alg none): anybody can have written it. Every app must refuse it.',
    ],
    [!hasSignature, 'It has no signature.'],
    [
      kid === undefined,
      'The header has no kid. An app of this library refuses it, unless it accepts legacy tokens or those of another issuer with one key.',
    ],
    [
      named.length > 0,
      `The header brings its own key along (${named.join(', ')}). That is never read; verifiers that do can be deceived.`,
    ],
    [refused.length > 0, `The header has ${refused.join(' and ')}, which this library never accepts.`],
    [
      length > MAX_LENGTH,
      `It is ${length} characters long. This library accepts ${MAX_LENGTH}, and many servers refuse longer headers.`,
    ],
    [
      !isCanonical,
      'It is not encoded in the one canonical form of base64url (padding, other characters, loose bits), which this library refuses.',
    ],
    [
      hasTwins,
      'A name occurs twice in an object of the header or the payload. Only the last value is shown; other parsers take the first, and this library refuses it.',
    ],
    [depth > MAX_DEPTH, `It is nested ${depth} levels deep. This library accepts ${MAX_DEPTH}.`],
  ])
}

function oddDates(claims: DecodedToken['claims'], now: number): string[] {
  const given = DATES.filter((name) => claims[name] !== undefined)
  const seconds = now / 1000
  const { iat, nbf, exp } = Object.fromEntries(
    given.flatMap((name) => (typeof claims[name] === 'number' ? [[name, claims[name]]] : [])),
  ) as { readonly iat?: number; readonly nbf?: number; readonly exp?: number }
  return sentences([
    ...given.map((name): Finding => [
      typeof claims[name] !== 'number',
      `${name} is not a number (RFC 7519 section 2: NumericDate).`,
    ]),
    ...given.map((name): Finding => [
      Number(claims[name]) > SURELY_MILLISECONDS,
      `${name} looks like milliseconds. It must be in seconds.`,
    ]),
    [claims['exp'] === undefined, 'It has no exp: it never expires.'],
    [exp !== undefined && exp <= seconds, 'It has expired.'],
    [nbf !== undefined && nbf > seconds + CLOCK_SKEW, 'It is not active yet: nbf is in the future.'],
    [
      iat !== undefined && iat > seconds + CLOCK_SKEW,
      'It was issued in the future: iat. Compare the clocks of the two machines.',
    ],
    [exp !== undefined && (iat ?? nbf ?? 0) >= exp, 'exp is not after iat and nbf.'],
  ])
}

function oddClaims({ header, claims }: DecodedToken): string[] {
  const { kind } = describeKind(header['typ'])
  const { exp, iat } = claims
  const lifetime = typeof exp === 'number' && typeof iat === 'number' ? exp - iat : 0
  const missing = ['sub', 'iat', 'jti'].filter((name) => claims[name] === undefined)
  const misshapen = ['sub', 'jti', 'sid', 'iss'].filter(
    (name) => claims[name] !== undefined && typeof claims[name] !== 'string',
  )
  const sensitive = Object.keys(claims).some((name) => SENSITIVE.test(name))
  return sentences([
    [
      missing.length > 0,
      `It lacks ${missing.join(', ')}, which this library puts into its own tokens and demands of them.`,
    ],
    [misshapen.length > 0, `${misshapen.join(', ')} should be a string.`],
    [
      kind === 'access' && lifetime > DAY,
      `It lives for ${describeLength(lifetime)}, which is long for an access token.`,
    ],
    [
      sensitive,
      'A claim has the name of a secret. Claims are not encrypted: everybody who has the token can read them.',
    ],
  ])
}

type Finding = readonly [isOdd: boolean, sentence: string]

function sentences(findings: readonly Finding[]): string[] {
  return findings.flatMap(([isOdd, sentence]) => (isOdd ? [sentence] : []))
}
