import { signBytes, signInput } from './sign-bytes.js'

type Json = Record<string, unknown>

/** Seconds, in both. */
export const TOLERANCE = 60

/** A good token, to be spoilt. */
export interface GoodToken {
  text: string
  header: Json
  claims: Json
  /** Seconds since the epoch. */
  now: number
}

/** What a careless reader makes of a token. */
export interface LooseToken {
  parts: string[]
  headerBytes: Buffer
  payloadBytes: Buffer
  header: Json
  claims: Json
  now: number
}

export interface Kind {
  name: string
  examples: (good: GoodToken) => string[]
  /** Whether a token is of this kind, so that one found by chance can be named. */
  is: (token: LooseToken) => boolean
}

const withClaim =
  (name: string, ...values: unknown[]) =>
  ({ header, claims }: GoodToken) =>
    values.map((value) => signBytes(header, { ...claims, [name]: value }))

const withMember =
  (name: string, ...values: unknown[]) =>
  ({ header, claims }: GoodToken) =>
    values.map((value) => signBytes({ ...header, [name]: value }, claims))

const without = (object: Json, name: string): Json =>
  Object.fromEntries(Object.entries(object).filter(([key]) => key !== name))

const claimsText = (change: (json: string) => string) => (good: GoodToken) => [
  signBytes(good.header, change(JSON.stringify(good.claims))),
]

const isName = (value: unknown) => typeof value === 'string' && value.length >= 1 && value.length <= 255
const isDate = (value: unknown) => typeof value === 'number' && value >= 0 && value <= 253_402_300_799
const isNamed = (value: unknown) => typeof value === 'string'
const absentOr = (value: unknown, check: (value: unknown) => boolean) => value === undefined || !check(value)
const startsWithBom = (bytes: Buffer) => bytes.subarray(0, 3).equals(Buffer.from('\uFEFF'))
const isCanonical = (part: string) => Buffer.from(part, 'base64url').toString('base64url') === part

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

/** Fewer members are left of it than were written. */
function isRepetitive(bytes: Buffer, value: unknown): boolean {
  const written =
    bytes
      .toString('utf8')
      .replaceAll(/"(?:[^"\\]|\\.)*"/g, '')
      .split(':').length - 1
  return written > membersIn(value)
}

function membersIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inside = Object.values(value).reduce((sum: number, member) => sum + membersIn(member), 0)
  return inside + (Array.isArray(value) ? 0 : Object.keys(value).length)
}

const spare = (part: string) =>
  part.slice(0, -1) + String.fromCharCode((part.codePointAt(part.length - 1) ?? 0) + 1)
const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])

/**
 * Every kind of token that jose's `jwtVerify(token, key, { algorithms: [alg], typ: 'at+jwt', clockTolerance: 60 })`
 * accepts and that we refuse with the same tolerance. What jose can be told to demand is here too: it has to be told.
 */
export const stricterThanJose: Kind[] = [
  {
    name: 'longer than 8 KiB',
    examples: ({ header, claims }) => [signBytes(header, { ...claims, blob: 'b'.repeat(8000) })],
    is: ({ parts }) => parts.join('.').length > 8192,
  },
  {
    name: 'padding, white space or spare bits in base64url',
    examples: ({ text, header, claims }) => {
      const [head = '', body = '', signature = ''] = text.split('.')
      const odd = Buffer.from(JSON.stringify({ ...claims, pad: '' })).toString('base64url')
      const uneven = [odd, Buffer.from(JSON.stringify({ ...claims, pad: 'p' })).toString('base64url')].find(
        (part) => part.length % 4 !== 0 && /[A-HQg]$/.test(part),
      )
      return [
        `${head}.${body}.${signature}=`,
        `${head}.${body}.${signature} `,
        `${head}.${body}.\n${signature}`,
        `${head}.${body}.${spare(signature)}`,
        signInput(`${head}.${body}\t`),
        signInput(`${head} .${body}`),
        ...(uneven === undefined
          ? []
          : [signInput(`${Buffer.from(JSON.stringify(header)).toString('base64url')}.${spare(uneven)}`)]),
      ]
    },
    is: ({ parts }) => parts.some((part) => !isCanonical(part)),
  },
  {
    name: 'a member name twice in one object',
    examples: (good) => [
      ...claimsText((json) => json.replace('{', '{"sub":"root",'))(good),
      ...claimsText((json) => json.replace(/}$/, ',"\\u0073ub":"root"}'))(good),
      ...claimsText((json) => json.replace(/}$/, ',"nested":{"a":{"b":1,"b":1}}}'))(good),
      signBytes(JSON.stringify(good.header).replace('{', '{"kid":"another",'), good.claims),
    ],
    is: ({ headerBytes, payloadBytes, header, claims }) =>
      isRepetitive(headerBytes, header) || isRepetitive(payloadBytes, claims),
  },
  {
    name: 'a byte order mark',
    examples: (good) => [
      ...claimsText((json) => `\uFEFF${json}`)(good),
      signBytes(`\uFEFF${JSON.stringify(good.header)}`, good.claims),
    ],
    is: ({ headerBytes, payloadBytes }) => startsWithBom(headerBytes) || startsWithBom(payloadBytes),
  },
  {
    name: 'nested more than 32 levels deep',
    examples: (good) => [
      ...withClaim('deep', nested(32), nested(1500))(good),
      ...withMember('deep', nested(32))(good),
    ],
    is: ({ header, claims }) => depthOf(claims) > 32 || depthOf(header) > 32,
  },
  {
    name: 'a kid that is missing, or names no key',
    examples: (good) => [
      signBytes(without(good.header, 'kid'), good.claims),
      ...withMember(
        'kid',
        'another',
        '',
        '../../etc/passwd',
        'k'.repeat(256),
        7,
        null,
        ['own'],
        '__proto__',
      )(good),
    ],
    is: ({ header }) => header['kid'] !== 'own',
  },
  {
    name: 'crit, b64, zip, cty or enc in the header, understood or not',
    examples: ({ header, claims }) => [
      signBytes({ ...header, crit: ['b64'], b64: true }, claims),
      ...['b64', 'zip', 'cty', 'enc'].flatMap((name) =>
        withMember(name, 'x')({ header, claims } as GoodToken),
      ),
      signBytes({ ...header, b64: false }, claims),
    ],
    is: ({ header }) => ['crit', 'b64', 'zip', 'cty', 'enc'].some((name) => Object.hasOwn(header, name)),
  },
  {
    name: 'a typ in other letters',
    examples: withMember('typ', 'AT+JWT', 'application/at+jwt'),
    is: ({ header }) => header['typ'] !== 'at+jwt',
  },
  {
    name: 'an exp that is missing or out of range',
    examples: (good) => [
      signBytes(good.header, without(good.claims, 'exp')),
      ...withClaim('exp', 253_402_300_800, 1e300)(good),
      ...claimsText((json) => json.replace(/"exp":\d+/, '"exp":1e999'))(good),
    ],
    is: ({ claims }) => absentOr(claims['exp'], isDate),
  },
  {
    name: 'an iat that is missing, out of range, or in the future',
    examples: (good) => [
      signBytes(good.header, without(good.claims, 'iat')),
      ...withClaim('iat', -1, good.now + TOLERANCE + 1)(good),
      ...claimsText((json) => json.replace(/"iat":\d+/, '"iat":-1e999'))(good),
    ],
    is: ({ claims, now }) => absentOr(claims['iat'], isDate) || Number(claims['iat']) > now + TOLERANCE,
  },
  {
    name: 'an exp that is not after iat and nbf',
    examples: ({ header, claims, now }) => [
      signBytes(header, { ...claims, exp: now, iat: now }),
      signBytes(header, { ...claims, exp: now + 1, nbf: now + 1 }),
    ],
    is: ({ claims: { exp, iat, nbf } }) => Number(iat ?? 0) >= Number(exp) || Number(nbf ?? 0) >= Number(exp),
  },
  {
    name: 'an nbf before 1970',
    examples: withClaim('nbf', -1),
    is: ({ claims }) => claims['nbf'] !== undefined && !isDate(claims['nbf']),
  },
  {
    name: 'a sub or jti that is no text of 1 to 255 characters',
    examples: (good) =>
      ['sub', 'jti'].flatMap((name) =>
        withClaim(name, undefined, null, 7, true, '', 's'.repeat(256), ['a'], { a: 1 })(good),
      ),
    is: ({ claims }) => absentOr(claims['sub'], isName) || absentOr(claims['jti'], isName),
  },
  {
    name: 'a sid, auth_time, iss or aud of a wrong type',
    examples: (good) => [
      ...withClaim('sid', null, 7, '', {})(good),
      ...withClaim('auth_time', null, '7', -1)(good),
      ...withClaim('iss', null, 7, ['a'])(good),
      ...withClaim('aud', null, 7, {}, ['a', 7])(good),
    ],
    is: ({ claims: { sid, auth_time: authTime, iss, aud } }) =>
      (sid !== undefined && !isName(sid)) ||
      (authTime !== undefined && !isDate(authTime)) ||
      (iss !== undefined && !isNamed(iss)) ||
      (aud !== undefined && !(Array.isArray(aud) ? aud.every(isNamed) : isNamed(aud))),
  },
]

/** Not in the list, as it is no token but a way to hand one over: jose takes bytes, too. */
export const asBytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export function readLoosely(token: string, now: number): LooseToken {
  const parts = token.split('.')
  const [headerBytes, payloadBytes] = [0, 1].map((at) => Buffer.from(parts[at] ?? '', 'base64url')) as [
    Buffer,
    Buffer,
  ]
  return { parts, headerBytes, payloadBytes, header: parse(headerBytes), claims: parse(payloadBytes), now }
}

function parse(bytes: Buffer): Json {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''))
    return typeof value === 'object' && value !== null ? (value as Json) : {}
  } catch {
    return {}
  }
}
