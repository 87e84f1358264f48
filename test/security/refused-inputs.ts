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
import { NOW, tokenCases } from './token-cases.js'
import { ownAuthor } from './sign-bytes.js'
import { signatureUnder } from './sign-under.js'

const clock = new FakeClock(NOW * 1000)
const now = NOW

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
  const good = { text, ...readToken(text), author: ownAuthor }
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
