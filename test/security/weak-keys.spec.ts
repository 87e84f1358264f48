import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthConfigError, JwtAuthModule, type JwtKey } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'

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

const misfits: [name: string, path: string, key: unknown][] = [
  ['1024 bits', 'keys[0].privateKey', { algorithm: 'RS256', privateKey: privateKey(1024) }],
  ['the exponent 3', 'keys[0].privateKey', { algorithm: 'RS256', privateKey: privateKey(2048, 3) }],
  [
    'a key bound to PSS',
    'keys[0].privateKey',
    { algorithm: 'PS256', privateKey: generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey },
  ],
  ['another curve', 'keys[0].privateKey', { algorithm: 'ES384', privateKey: ec.privateKey }],
  ['another type', 'keys[0].privateKey', { algorithm: 'EdDSA', privateKey: ec.privateKey }],
  [
    'Ed448',
    'keys[0].privateKey',
    { algorithm: 'EdDSA', privateKey: generateKeyPairSync('ed448').privateKey },
  ],
  ['a public key that should sign', 'keys[0].privateKey', { algorithm: 'ES256', privateKey: ec.publicKey }],
  [
    'a secret and a key',
    'keys[0]',
    { algorithm: 'ES256', privateKey: ec.privateKey, secret: randomBytes(32) },
  ],
  ['a name with a typing error', 'keys[0].kidd', { algorithm: 'HS256', secret: randomBytes(32), kidd: 'a' }],
  [
    'a kid that is too long',
    'keys[0].kid',
    { algorithm: 'HS256', secret: randomBytes(32), kid: 'k'.repeat(256) },
  ],
  ['no algorithm', 'keys[0].algorithm', { secret: randomBytes(32) }],
  ['the algorithm none', 'keys[0].algorithm', { algorithm: 'none', secret: randomBytes(32) }],
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
      expect(problems).toMatchObject([{ problem: expect.stringContaining('text of a key') }])
      expect(JSON.stringify(problems)).not.toContain(String(secret).slice(0, 20))
    }
  })

  it.each(weakSecrets)('%s', async (_, secret) => {
    expect(await problemsOf({ secret })).toHaveLength(1)
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

describe('no key is made of', () => {
  it.each(misfits)('%s', async (_, path, key) => {
    expect(await problemsOf({ keys: [key as JwtKey] })).toMatchObject([{ path }])
  })
})
