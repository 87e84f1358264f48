import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createVerifier } from 'fast-jwt'
import { jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import {
  JwtAuthConfigError,
  JwtAuthError,
  JwtAuthModule,
  type JwtKey,
  TokenService,
} from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'
import { signBytes, signInput } from './sign-bytes.js'
import { signatureUnder } from './sign-under.js'

const clock = new FakeClock(Date.parse('2030-01-01T00:00:00Z'))
const now = clock.now() / 1000

interface Good {
  text: string
  header: Record<string, unknown>
  claims: Record<string, unknown>
}

type TokenCase = [input: string, make: (good: Good) => string]

const claim =
  (name: string, value: unknown) =>
  ({ header, claims }: Good) =>
    signBytes(header, { ...claims, [name]: value })
const member =
  (name: string, value: unknown) =>
  ({ header, claims }: Good) =>
    signBytes({ ...header, [name]: value }, claims)
const json =
  (change: (text: string) => string) =>
  ({ header, claims }: Good) =>
    signBytes(header, change(JSON.stringify(claims)))
const headerJson =
  (change: (text: string) => string) =>
  ({ header, claims }: Good) =>
    signBytes(change(JSON.stringify(header)), claims)
const without =
  (name: string) =>
  ({ header, claims }: Good) =>
    signBytes(header, Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name)))
const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
const nextLetter = (text: string) =>
  text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1)
const exchange = (text: string, at: number, letter: string) => text.slice(0, at) + letter + text.slice(at + 1)

const tokenCases: TokenCase[] = [
  ['padding after the signature', ({ text }) => `${text}=`],
  ['a space after the signature', ({ text }) => `${text} `],
  ['a line break inside the signature', ({ text }) => exchange(text, text.length - 9, `\n${text.at(-9)}`)],
  ['spare bits set in the last letter of the signature', ({ text }) => nextLetter(text)],
  [
    'a line break in the payload, signed',
    ({ text }) => signInput(`${text.slice(0, text.lastIndexOf('.'))}\n`),
  ],
  ['`sub` twice', json((text) => text.replace('{', '{"sub":"root",'))],
  ['`sub` twice, once written `\\u0073ub`', json((text) => text.replace(/}$/, ',"\\u0073ub":"root"}'))],
  ['`kid` twice', headerJson((text) => text.replace('{', '{"kid":"another",'))],
  ['a byte order mark before the claims', json((text) => `\uFEFF${text}`)],
  [
    'bytes in a claim that are not UTF-8',
    ({ header, claims }) => signBytes(header, latin1({ ...claims, name: '\u00e9' })),
  ],
  ['claims nested 1,500 levels deep', claim('deep', nested(1500))],
  ['a payload that is a string', ({ header }) => signBytes(header, '"root"')],
  ['a payload that is an array', ({ header }) => signBytes(header, '["root"]')],
  ['a payload that is `null`', ({ header }) => signBytes(header, 'null')],
  ['a payload that is not JSON', ({ header }) => signBytes(header, 'root')],
  ['12 KiB', claim('blob', 'b'.repeat(9000))],
  ['no `exp`', without('exp')],
  ['`exp: 1e999`', json((text) => text.replace(/"exp":\d+/, '"exp":1e999'))],
  ['`exp` after the year 9999', claim('exp', 253_402_300_800)],
  ['`nbf: -1`', claim('nbf', -1)],
  ['`iat` tomorrow', claim('iat', now + 86_400)],
  ['`iat` as a string', claim('iat', 'yesterday')],
  ['no `sub`', without('sub')],
  ['`sub` as a number', claim('sub', 7)],
  ['`sub` as an object', claim('sub', { $ne: null })],
  ['an empty `sub`', claim('sub', '')],
  ['`jti` as a list', claim('jti', ['a'])],
  ['no `jti`', without('jti')],
  ['`iss` as a list', claim('iss', ['a'])],
  ['no `kid`', ({ header, claims }) => signBytes({ alg: header['alg'], typ: header['typ'] }, claims)],
  ['an unknown `kid`', member('kid', '../../dev/null')],
  ['`typ: JWT`', member('typ', 'JWT')],
  ['`typ: application/AT+JWT`', member('typ', 'application/AT+JWT')],
  ['`crit` with an unknown extension', member('crit', ['launch-code'])],
  ['an empty `crit`', member('crit', [])],
  ['`b64: false` without `crit`', member('b64', false)],
  ['`zip: DEF`', member('zip', 'DEF')],
  ['`cty: JWT` although the payload is not a token', member('cty', 'JWT')],
  ['`enc` in the header', member('enc', 'A256GCM')],
]

function latin1(claims: Record<string, unknown>): Buffer {
  return Buffer.from(JSON.stringify(claims), 'latin1')
}

/** Those that look at a token, each set up as strictly as its options allow for this app. */
const readers = {
  jose: (token: string) =>
    jwtVerify(token, Buffer.from(SECRET), {
      algorithms: ['HS256'],
      typ: 'at+jwt',
      currentDate: new Date(clock.now()),
    }),
  'fast-jwt': async (token: string): Promise<unknown> =>
    createVerifier({ key: SECRET, algorithms: ['HS256'], checkTyp: 'at+jwt', clockTimestamp: clock.now() })(
      token,
    ),
  jsonwebtoken: async (token: string): Promise<unknown> =>
    jsonwebtoken.verify(token, SECRET, { algorithms: ['HS256'], clockTimestamp: now }),
}
const names = Object.keys(readers) as (keyof typeof readers)[]

export interface Row {
  input: string
  /** What we say. */
  refusal: string
  acceptedBy: string[]
}

export async function tokenRows(): Promise<Row[]> {
  const options = { keys: [{ algorithm: 'HS256', secret: SECRET, kid: 'own' }], refreshToken: false } as const
  const module = await startModule({ imports: [JwtAuthModule.forRoot(options)] }, { clock })
  const tokens = module.get(TokenService)
  const text = await tokens.issueAccessToken('ida')
  const good = { text, ...readToken(text) }
  const rows: Row[] = []
  for (const [input, make] of tokenCases) {
    const token = make(good)
    const refusal = await tokens.verify(token).then(() => 'accepted', codeOf)
    const accepted = await Promise.all(names.map((name) => succeeds(() => readers[name](token))))
    rows.push({ input, refusal, acceptedBy: names.filter((_, at) => accepted[at]) })
  }
  return rows
}

function codeOf(error: unknown): string {
  if (error instanceof JwtAuthError) return error.errorCode
  throw error
}

async function succeeds(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch {
    return false
  }
}

interface KeyCase {
  input: string
  key: JwtKey
  /** What the others are given to verify with. */
  material: string | Buffer | KeyObject
  algorithm: 'HS256' | 'RS256' | 'PS256'
}

const secret = (input: string, text: string | Buffer): KeyCase => ({
  input,
  key: { algorithm: 'HS256', secret: text },
  material: text,
  algorithm: 'HS256',
})
const rsa = (input: string, modulusLength: number, publicExponent: number): KeyCase => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent })
  return {
    input,
    key: { algorithm: 'RS256', privateKey },
    material: createPublicKey(privateKey),
    algorithm: 'RS256',
  }
}

function keyCases(): KeyCase[] {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  return [
    secret('a secret of 6 characters', 'secret'),
    secret('a secret of 31 bytes', 'kV8-qzJ2.fixture!7WmxT4pL9sR0bN'),
    secret('one character 64 times', 'a'.repeat(64)),
    secret('`changeme` five times', 'changeme'.repeat(5)),
    secret('words such as `my-super-secret-jwt-key-…`', 'my-super-secret-jwt-key-change-me-in-production'),
    secret('the sample secret of jwt.io', 'a-string-secret-at-least-256-bits-long'),
    secret('an RSA public key (PEM) as HMAC secret', pem),
    secret('the same with `\\n` instead of line breaks', pem.replaceAll('\n', '\\n')),
    secret('the same in base64', Buffer.from(pem).toString('base64')),
    secret('the same as DER bytes', publicKey.export({ type: 'spki', format: 'der' })),
    secret('the same as JWK text', JSON.stringify(publicKey.export({ format: 'jwk' }))),
    rsa('an RSA key of 1024 bits', 1024, 65_537),
    rsa('an RSA key with the exponent 3', 2048, 3),
  ]
}

/** A key is accepted if a token signed with it passes. node:crypto signs, so that only verification is compared. */
export async function keyRows(): Promise<Row[]> {
  const rows: Row[] = []
  for (const { input, key, material, algorithm } of keyCases()) {
    const refusal = await startModule({ imports: [JwtAuthModule.forRoot({ keys: [key] })] }).then(
      () => 'accepted',
      problemOf,
    )
    const token = signatureUnder(key, algorithm, { sub: 'ida', iat: now, exp: now + 900 })
    const forJose = typeof material === 'string' ? Buffer.from(material) : material
    const accepted = [
      await succeeds(() =>
        jwtVerify(token, forJose, { algorithms: [algorithm], currentDate: new Date(clock.now()) }),
      ),
      await succeeds(async () =>
        createVerifier({ key: textOf(material), algorithms: [algorithm], clockTimestamp: clock.now() })(
          token,
        ),
      ),
      await succeeds(async () =>
        jsonwebtoken.verify(token, material, { algorithms: [algorithm], clockTimestamp: now }),
      ),
    ]
    rows.push({ input, refusal, acceptedBy: names.filter((_, at) => accepted[at]) })
  }
  return rows
}

function textOf(material: string | Buffer | KeyObject): string | Buffer {
  if (typeof material === 'string' || Buffer.isBuffer(material)) return material
  return material.export({ type: 'spki', format: 'pem' })
}

function problemOf(error: unknown): string {
  if (error instanceof JwtAuthConfigError) return error.problems.map(({ problem }) => problem).join(', ')
  throw error
}

export function pageOf(tokens: readonly Row[], keys: readonly Row[]): string {
  const table = (rows: readonly Row[], first: string) => [
    `| ${[first, 'our answer', ...names].join(' | ')} |`,
    `| ${['---', '---', ...names.map(() => ':-:')].join(' | ')} |`,
    ...rows.map(({ input, refusal, acceptedBy }) => {
      const marks = names.map((name) => (acceptedBy.includes(name) ? 'accepts' : '–'))
      return `| ${[input, refusal, ...marks].join(' | ')} |`
    }),
  ]
  return [
    '# What we refuse and others accept',
    '',
    '`npm run docs:refused` runs each row and writes this page, and a test fails if it is out of date. The other',
    'libraries get the same key, the one allowed algorithm and, where they have such an option, the type `at+jwt`. Much',
    'of this can be checked after them by hand, or by more of their options (`requiredClaims`, `maxTokenAge`, a key set',
    'for `kid`). Here it is the default.',
    '',
    '## Tokens, each signed with the right key unless the row is about its signature',
    '',
    ...table(
      tokens.map((row) => ({ ...row, refusal: `\`${row.refusal}\`` })),
      'a token with',
    ),
    '',
    '## Keys, refused at boot',
    '',
    ...table(keys, 'a key like'),
    '',
  ].join('\n')
}
