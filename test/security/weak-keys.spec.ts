import {
  createPublicKey,
  generateKeyPairSync,
  generatePrimeSync,
  type JsonWebKey,
  randomBytes,
  randomInt,
  randomUUID,
  type KeyObject,
} from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthConfigError, JwtAuthModule, type JwtKey } from '@nest-jwt-auth/core'
import { hasSmallOrder } from '../../packages/core/src/keys/ed25519-order.js'
import { weaknessOfSecret } from '../../packages/core/src/keys/weak-secret.js'
import { startModule } from '../support/adapters.js'
import { runs } from './fuzz.js'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed25519 = generateKeyPairSync('ed25519')

const base64 = (bytes: Buffer | string) => Buffer.from(bytes).toString('base64')
const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const body = pem.split('\n').slice(1, -2)
const der = rsa.publicKey.export({ type: 'spki', format: 'der' })
const { n = '', e = '' } = rsa.publicKey.export({ format: 'jwk' })
const { x = '', y = '' } = ec.publicKey.export({ format: 'jwk' })
const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
const sshField = (bytes: Buffer | string) => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(Buffer.byteLength(bytes))
  return Buffer.concat([length, Buffer.from(bytes)])
}
const sshBlob = Buffer.concat([
  sshField('ssh-rsa'),
  sshField(Buffer.from(e, 'base64url')),
  sshField(Buffer.from(n, 'base64url')),
])
const encrypted = { cipher: 'aes-256-cbc', passphrase: 'correct horse' }

/** All that a public key, or the key whose public half it is, may look like when it is copied into a configuration. */
const keyTexts: [name: string, secret: string | Uint8Array][] = [
  ['PEM', pem],
  ['PEM of an EC key', ec.publicKey.export({ type: 'spki', format: 'pem' })],
  ['PEM of an Ed25519 key', ed25519.publicKey.export({ type: 'spki', format: 'pem' })],
  ['PEM of a private key', rsa.privateKey.export({ type: 'pkcs8', format: 'pem' })],
  ['PEM of an encrypted private key', rsa.privateKey.export({ type: 'pkcs8', format: 'pem', ...encrypted })],
  ['PEM, PKCS#1', rsa.publicKey.export({ type: 'pkcs1', format: 'pem' })],
  ['PEM, SEC 1', ec.privateKey.export({ type: 'sec1', format: 'pem' })],
  ['PEM on one line, as in .env files', pem.replaceAll('\n', '\\n')],
  ['PEM as bytes', Buffer.from(pem)],
  ['PEM in base64', base64(pem)],
  ['PEM in base64, twice', base64(base64(pem))],
  ['PEM in base64url', Buffer.from(pem).toString('base64url')],
  ['PEM in hexadecimal', Buffer.from(pem).toString('hex')],
  ['PEM in UTF-16', Buffer.from(pem, 'utf16le')],
  ['PEM, percent-encoded', encodeURIComponent(pem)],
  ['PEM without its first and last line', body.join('\n')],
  ['PEM without them, on one line', body.join('')],
  ['PEM without them, as in .env files', body.join('\\n')],
  ['PEM without them, in quotes', `"${body.join('')}"`],
  ['DER', der],
  ['DER of an EC key', ec.publicKey.export({ type: 'spki', format: 'der' })],
  ['DER of a private key', rsa.privateKey.export({ type: 'pkcs8', format: 'der' })],
  ['DER of an encrypted private key', rsa.privateKey.export({ type: 'pkcs8', format: 'der', ...encrypted })],
  ['DER in hexadecimal', der.toString('hex')],
  ['JWK', JSON.stringify({ kty: 'RSA', n, e })],
  ['JWK, set wide', JSON.stringify({ n, e, kty: 'RSA' }, null, 2)],
  ['JWK of an EC key', JSON.stringify({ kty: 'EC', crv: 'P-256', x, y })],
  ['JWK in base64', base64(JSON.stringify({ kty: 'RSA', n, e }))],
  ['JWK as a JavaScript literal', `{kty:'RSA',n:'${n}',e:'${e}'}`],
  ['JWK set', JSON.stringify({ keys: [{ kty: 'RSA', n, e }] })],
  ['SSH', `ssh-rsa ${base64(sshBlob)} ida@example`],
  ['SSH without its first word', base64(sshBlob)],
  ['XML', `<RSAKeyValue><Modulus>${n}</Modulus><Exponent>${e}</Exponent></RSAKeyValue>`],
  ['point of a curve', point],
  ['point of a curve in hexadecimal', point.toString('hex')],
]

const weakSecrets: [name: string, secret: string | Uint8Array][] = [
  ['31 bytes', randomBytes(31)],
  ['one letter', 'a'.repeat(64)],
  ['one letter of two bytes', '\u00e9'.repeat(40)],
  ['zeros', Buffer.alloc(64)],
  ['a word, repeated', 'changeme'.repeat(5)],
  ['a word, repeated, the last time in part', 'changeme'.repeat(5).slice(0, 37)],
  ['two letters, repeated', 'ab'.repeat(32)],
  ['a good password, repeated', 'Kq7#vX9!Kq7#vX9!Kq7#vX9!Kq7#vX9!'],
  [
    'random bytes, repeated',
    Buffer.concat(
      [Buffer.from('6e1f93b2', 'hex'), Buffer.from('6e1f93b2', 'hex')].flatMap((part) => [
        part,
        part,
        part,
        part,
      ]),
    ),
  ],
  ['the alphabet', 'abcdefghijklmnopqrstuvwxyz0123456789'],
  ['the alphabet, repeated in part', 'abcdefghabcdefghijklabcdefghabcdefgh'],
  ['digits', '1234567890123456789012345678901234567890'],
  ['digits in groups', '1111222233334444555566667777888899990000'],
  ['a walk over the keyboard', 'qwertyuiopasdfghjklzxcvbnm1234567890'],
  ['a walk down the keyboard', '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.'],
  ['bytes in a row', Buffer.from(Array.from({ length: 32 }, (_, at) => at))],
  ['bytes in a row, in hexadecimal', Buffer.from(Array.from({ length: 32 }, (_, at) => at)).toString('hex')],
  ['the bytes 00, 11, 22, in hexadecimal', '00112233445566778899aabbccddeeff'.repeat(2).slice(0, 40)],
  ['words that mean a secret', 'my-super-secret-jwt-key-change-me-in-production'],
  ['words and a year', 'THIS_IS_A_SECRET_KEY_FOR_DEVELOPMENT_2024'],
  ['words in base64', base64('your-secret-key-please-change-this-in-production')],
  ['a password, again and again with a number', 'passw0rd1-passw0rd2-passw0rd3-passw0rd4'],
  ['the sample of jwt.io', 'a-string-secret-at-least-256-bits-long'],
  [
    'the key of RFC 7515',
    Buffer.from(
      'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
      'base64url',
    ),
  ],
]

const privateKey = (modulusLength: number, publicExponent = 65_537): KeyObject =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey

/**
 * A modulus as the faulty chips make it: each prime is a power of 65537 modulo the product of the small primes. Primes of
 * 1025 bits, because two of 1024 may make a modulus of 2047, which is refused for its length.
 */
const smallPrimes = Array.from({ length: 166 }, (_, at) => BigInt(at + 2)).filter((candidate, _, all) =>
  all.every((other) => other >= candidate || candidate % other !== 0n),
)
const product = smallPrimes.reduce((all, prime) => all * prime, 1n)
function rocaKey(): JsonWebKey {
  const [p, q] = [1n, 65_537n % product].map((rem) =>
    generatePrimeSync(1025, { add: product, rem, bigint: true }),
  ) as [bigint, bigint]
  const inverse = (value: bigint, modulus: bigint): bigint => {
    let [a, b, x, y] = [value % modulus, modulus, 1n, 0n]
    while (b !== 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y]
    return ((x % modulus) + modulus) % modulus
  }
  const text = (value: bigint) => {
    const hex = value.toString(16)
    return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
  }
  const d = inverse(65_537n, (p - 1n) * (q - 1n))
  const members = { n: p * q, e: 65_537n, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  return {
    kty: 'RSA',
    ...Object.fromEntries(Object.entries(members).map(([name, value]) => [name, text(value)])),
  }
}
const roca = rocaKey()
const withExponent = (e: string) => ({ kty: 'RSA', n, e: Buffer.from(e, 'hex').toString('base64url') })

/** The first key must be able to sign, and would be refused for that if it cannot. */
const signing: JwtKey = { algorithm: 'HS256', secret: randomBytes(32) }
const misfits: [name: string, path: string, key: unknown][] = [
  ['1024 bits', 'keys[1].privateKey', { algorithm: 'RS256', privateKey: privateKey(1024) }],
  ['the exponent 3', 'keys[1].privateKey', { algorithm: 'RS256', privateKey: privateKey(2048, 3) }],
  ['the public exponent 1', 'keys[1].publicKey', { algorithm: 'RS256', publicKey: withExponent('01') }],
  ['the public exponent 3', 'keys[1].publicKey', { algorithm: 'RS256', publicKey: withExponent('03') }],
  ['an even public exponent', 'keys[1].publicKey', { algorithm: 'RS256', publicKey: withExponent('010002') }],
  [
    'a huge public exponent',
    'keys[1].publicKey',
    { algorithm: 'RS256', publicKey: withExponent(`01${'00'.repeat(31)}0001`) },
  ],
  ['a private key of a faulty chip', 'keys[1].privateKey', { algorithm: 'RS256', privateKey: roca }],
  [
    'a public key of a faulty chip',
    'keys[1].publicKey',
    { algorithm: 'PS512', publicKey: { kty: 'RSA', n: roca.n, e: roca.e } },
  ],
  [
    'a point that is not on its curve',
    'keys[1].publicKey',
    { algorithm: 'ES256', publicKey: { kty: 'EC', crv: 'P-256', x, y: x } },
  ],
  [
    'the point 0, 0',
    'keys[1].publicKey',
    { algorithm: 'ES256', publicKey: { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) } },
  ],
  [
    'a key bound to PSS',
    'keys[1].privateKey',
    { algorithm: 'PS256', privateKey: generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey },
  ],
  ['another curve', 'keys[1].privateKey', { algorithm: 'ES384', privateKey: ec.privateKey }],
  ['another type', 'keys[1].privateKey', { algorithm: 'EdDSA', privateKey: ec.privateKey }],
  [
    'Ed448',
    'keys[1].privateKey',
    { algorithm: 'EdDSA', privateKey: generateKeyPairSync('ed448').privateKey },
  ],
  ['a public key that should sign', 'keys[1].privateKey', { algorithm: 'ES256', privateKey: ec.publicKey }],
  [
    'a secret and a key',
    'keys[1]',
    { algorithm: 'ES256', privateKey: ec.privateKey, secret: randomBytes(32) },
  ],
  ['a name with a typing error', 'keys[1].kidd', { algorithm: 'HS256', secret: randomBytes(32), kidd: 'a' }],
  [
    'a kid that is too long',
    'keys[1].kid',
    { algorithm: 'HS256', secret: randomBytes(32), kid: 'k'.repeat(256) },
  ],
  ['no algorithm', 'keys[1].algorithm', { secret: randomBytes(32) }],
  ['the algorithm none', 'keys[1].algorithm', { algorithm: 'none', secret: randomBytes(32) }],
]

async function problemsOf(options: Parameters<typeof JwtAuthModule.forRoot>[0]) {
  try {
    await startModule({ imports: [JwtAuthModule.forRoot(options)] })
    return []
  } catch (error) {
    if (!(error instanceof JwtAuthConfigError)) throw error
    return error.problems
  }
}

describe('no secret is made of', () => {
  it.each(keyTexts)('a key as text: %s', async (_, secret) => {
    for (const options of [{ secret }, { keys: [{ algorithm: 'HS512' as const, secret }] }]) {
      const problems = await problemsOf(options)
      expect(problems).toMatchObject([{ problem: expect.stringContaining('text of an asymmetric key') }])
      expect(JSON.stringify(problems)).not.toContain(String(secret).slice(0, 20))
    }
  })

  it.each(weakSecrets)('%s', async (_, secret) => {
    const problems = await problemsOf({ secret })
    expect(problems).toMatchObject([{ path: 'secret', problem: expect.stringMatching(/^The secret /) }])
  })

  it('nothing else that is random', async () => {
    const forms = ['base64', 'base64url', 'hex'] as const
    for (const bytes of Array.from({ length: 40 }, () => randomBytes(64))) {
      for (const secret of [bytes, ...forms.map((form) => bytes.toString(form))]) {
        expect(await problemsOf({ secret })).toEqual([])
      }
    }
  })
})

/** RFC 8032 section 5.1.3: y in little-endian order, the sign of x in the highest bit. */
const P = 2n ** 255n - 19n
const reversed = (hex: string) => Buffer.from(Buffer.from(hex, 'hex').toReversed())
const encoded = (y: bigint, sign: 0 | 1) =>
  reversed((y + (BigInt(sign) << 255n)).toString(16).padStart(64, '0'))
/** Of order 8, as published in "Taming the many EdDSAs" (2020) and elsewhere. */
const ofOrder8 = BigInt(
  `0x${reversed('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05').toString('hex')}`,
)
const smallOrderY = [0n, 1n, P - 1n, ofOrder8, P - ofOrder8, P, P + 1n]
const smallOrder = smallOrderY.flatMap((value) => [encoded(value, 0), encoded(value, 1)])
const spkiOf = (point: Buffer) => Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), point])

describe('a public key of small order', () => {
  it.each(smallOrder.map((point) => [point.toString('hex'), point] as const))(
    'is refused: %s',
    async (_, point) => {
      const der = spkiOf(point)
      const publicKeys = [
        { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') },
        `-----BEGIN PUBLIC KEY-----\n${der.toString('base64')}\n-----END PUBLIC KEY-----\n`,
        createPublicKey({ key: der, format: 'der', type: 'spki' }),
      ]
      for (const publicKey of publicKeys) {
        for (const algorithm of ['EdDSA', 'Ed25519'] as const) {
          expect(await problemsOf({ keys: [{ algorithm, publicKey }] })).toMatchObject([
            { path: 'keys[0].publicKey', problem: expect.stringContaining('small order') },
          ])
        }
      }
    },
  )

  it('is none that was generated', () => {
    for (let count = 0; count < 200; count++) {
      expect(hasSmallOrder(generateKeyPairSync('ed25519').publicKey)).toBe(false)
    }
  })
})

describe('a secret that is random', () => {
  const words = ['correct', 'horse', 'battery', 'staple', 'velvet', 'anchor', 'tundra', 'pixel', 'mosaic', 'ginger', 'orbit', 'walnut', 'harbor', 'cactus', 'drizzle', 'saffron', 'secret', 'key', 'password', 'test'] // prettier-ignore
  const pick = (length: number, from: readonly string[]) =>
    Array.from({ length }, () => from[randomInt(from.length)] ?? '')
  const printable = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at))
  const makers: [name: string, make: () => string | Buffer][] = [
    ['32 bytes', () => randomBytes(32)],
    ['64 bytes', () => randomBytes(64)],
    ['24 bytes in base64url', () => randomBytes(24).toString('base64url')],
    ['32 bytes in base64url', () => randomBytes(32).toString('base64url')],
    ['64 bytes in base64', () => randomBytes(64).toString('base64')],
    ['16 bytes in hexadecimal', () => randomBytes(16).toString('hex')],
    ['32 bytes in hexadecimal', () => randomBytes(32).toString('hex')],
    ['a UUID', () => randomUUID()],
    ['digits', () => pick(40, '0123456789'.split('')).join('')],
    ['printable characters', () => pick(32, printable).join('')],
    ['a passphrase', () => pick(7, words.slice(0, 16)).concat('velvety', 'harbors').join('-')],
    [
      'a passphrase with common words in it',
      () =>
        ['secret', ...new Set(pick(12, words.slice(0, 16))), 'key-password-test'].join(' ').padEnd(32, '!'),
    ],
    ['behind a prefix', () => `jwt-secret-${randomBytes(16).toString('base64url')}`],
  ]

  it.each(makers)('passes: %s', (_, make) => {
    for (let count = 0; count < runs(1000).numRuns; count++) {
      const secret = make()
      const weakness = weaknessOfSecret(Buffer.from(secret as string), 32)
      if (weakness !== undefined) throw new Error(`${weakness}: ${String(secret)}`)
    }
  })
})

describe('an RSA key of a faulty chip', () => {
  it.each<[string, string, JwtKey]>([
    ['private', 'keys[1].privateKey', { algorithm: 'RS256', privateKey: roca }],
    [
      'public',
      'keys[1].publicKey',
      { algorithm: 'PS512', publicKey: { kty: 'RSA', n: roca.n, e: roca.e } as JsonWebKey },
    ],
  ])('is refused for that reason: %s', async (_, path, key) => {
    expect(await problemsOf({ keys: [signing, key] })).toMatchObject([
      { path, problem: expect.stringContaining('ROCA') },
    ])
  })
})

describe('no key is made of', () => {
  it.each(misfits)('%s', async (_, path, key) => {
    expect(await problemsOf({ keys: [signing, key as JwtKey] })).toMatchObject([{ path }])
  })
})
