import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthConfigError, JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

type Options = Parameters<typeof JwtAuthModule.forRoot>[0]

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const smallRsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const rsaPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string
const rsaDer = rsa.publicKey.export({ type: 'spki', format: 'der' })
const rsaJwk = JSON.stringify(rsa.publicKey.export({ format: 'jwk' }))
const sshKey = `ssh-ed25519 ${'AAAAC3NzaC1lZDI1NTE5AAAAI'.padEnd(68, 'Kq7')} ada@shop`

/** What an app's start fails with; undefined where it does not fail. */
async function bootError(start: () => ReturnType<typeof JwtAuthModule.forRoot>): Promise<unknown> {
  try {
    await startModule({ imports: [start()] })
    return undefined
  } catch (error) {
    return error
  }
}

const byRoot = (options: Options) => bootError(() => JwtAuthModule.forRoot(options))
const byFactory = (options: Options) =>
  bootError(() => JwtAuthModule.forRootAsync({ useFactory: () => options }))

const problems: [name: string, path: string, options: object][] = [
  ['no key', 'secret', {}],
  ['a secret that is undefined', 'secret', { secret: undefined }],
  ['an empty secret', 'secret', { secret: '' }],
  ['a secret of 31 bytes', 'secret', { secret: SECRET.slice(0, 31) }],
  ['a sample from the web', 'secret', { secret: 'a-string-secret-at-least-256-bits-long' }],
  ['one repeated character', 'secret', { secret: 'k'.repeat(64) }],
  ['one repeated byte', 'secret', { secret: new Uint8Array(32).fill(7) }],
  ['a PEM text as secret', 'secret', { secret: rsaPem }],
  ['a PEM text with space before it', 'secret', { secret: `\n  ${rsaPem}` }],
  ['a PEM text in bytes', 'secret', { secret: Buffer.from(rsaPem) }],
  ['a JWK text as secret', 'secret', { secret: rsaJwk }],
  ['an SSH key as secret', 'secret', { secret: sshKey }],
  ['a DER key as secret', 'secret', { secret: new Uint8Array(rsaDer) }],
  ['no keys in the list', 'keys', { keys: [] }],
  ['a short secret for HS512', 'keys', { keys: [{ algorithm: 'HS512', secret: SECRET.slice(0, 33) }] }],
  ['a PEM text as HMAC secret', 'keys', { keys: [{ algorithm: 'HS256', secret: rsaPem }] }],
  ['an RSA key for ES256', 'keys', { keys: [{ algorithm: 'ES256', privateKey: rsa.privateKey }] }],
  ['a curve of another algorithm', 'keys', { keys: [{ algorithm: 'ES256', privateKey: p384.privateKey }] }],
  ['a secret for RS256', 'keys', { keys: [{ algorithm: 'RS256', secret: SECRET }] }],
  ['a private key for HS256', 'keys', { keys: [{ algorithm: 'HS256', privateKey: rsa.privateKey }] }],
  ['RSA of 1024 bits', 'keys', { keys: [{ algorithm: 'RS256', privateKey: smallRsa.privateKey }] }],
  ['algorithm none', 'keys', { keys: [{ algorithm: 'none', secret: SECRET }] }],
  ['an unknown algorithm', 'keys', { keys: [{ algorithm: 'HS1', secret: SECRET }] }],
  ['key text that is none', 'keys', { keys: [{ algorithm: 'RS256', privateKey: 'not a key' }] }],
  [
    'two equal kids',
    'keys',
    {
      keys: [
        { algorithm: 'ES256', privateKey: p256.privateKey, kid: 'one' },
        { algorithm: 'HS256', secret: SECRET, kid: 'one' },
      ],
    },
  ],
  ['a life without a unit', 'accessToken.expiresIn', { secret: SECRET, accessToken: { expiresIn: '60' } }],
  ['a life of zero', 'accessToken.expiresIn', { secret: SECRET, accessToken: { expiresIn: 0 } }],
  ['a negative life', 'accessToken.expiresIn', { secret: SECRET, accessToken: { expiresIn: '-5m' } }],
  ['a life that is no number', 'accessToken.expiresIn', { secret: SECRET, accessToken: { expiresIn: NaN } }],
  ['an endless life', 'accessToken.expiresIn', { secret: SECRET, accessToken: { expiresIn: Infinity } }],
  ['an unknown unit', 'accessToken.expiresIn', { secret: SECRET, accessToken: { expiresIn: '3 moons' } }],
  ['a refresh life of zero', 'refreshToken.expiresIn', { secret: SECRET, refreshToken: { expiresIn: 0 } }],
  ['too long a grace', 'refreshToken.reuseGrace', { secret: SECRET, refreshToken: { reuseGrace: '61s' } }],
  ['too much tolerance', 'clockTolerance', { secret: SECRET, clockTolerance: '6m' }],
  ['negative tolerance', 'clockTolerance', { secret: SECRET, clockTolerance: -1 }],
  ['an empty audience', 'audience', { secret: SECRET, audience: '' }],
  ['a list of no audiences', 'audience', { secret: SECRET, audience: [] }],
  ['an unknown option', 'secrett', { secret: SECRET, secrett: 'x' }],
  ['an unknown nested option', 'accessToken.expires', { secret: SECRET, accessToken: { expires: '15m' } }],
]

describe('a configuration that is wrong', () => {
  it.each(problems)('stops the start: %s', async (_, path, options) => {
    const error = await byRoot(options)

    expect(error).toBeInstanceOf(JwtAuthConfigError)
    expect((error as Error).message).toContain(path)
  })

  it.each(problems)('says the same from a factory: %s', async (_, __, options) => {
    const [direct, later] = [await byRoot(options), await byFactory(options)]

    expect(later).toBeInstanceOf(JwtAuthConfigError)
    expect((later as Error).message).toBe((direct as Error).message)
  })

  it('is reported completely, in one error', async () => {
    const error = await byRoot({
      secret: 'short',
      accessToken: { expiresIn: '60' },
      clockTolerance: '1h',
      audience: [],
      colour: 'red',
    } as unknown as Options)

    for (const path of ['secret', 'accessToken.expiresIn', 'clockTolerance', 'audience', 'colour']) {
      expect((error as Error).message).toContain(path)
    }
  })

  it.each<[string, string, object]>([
    ['a short secret', 'hunter2-hunter2', { secret: 'hunter2-hunter2' }],
    [
      'a short secret of a key',
      'hunter2-hunter2',
      { keys: [{ algorithm: 'HS256', secret: 'hunter2-hunter2' }] },
    ],
    ['a good secret beside another problem', SECRET, { secret: SECRET, audience: [] }],
    [
      'a key text that is none',
      'PRIVATEMATERIAL',
      { keys: [{ algorithm: 'RS256', privateKey: 'PRIVATEMATERIAL' }] },
    ],
    ['a value of a wrong type', 'hunter3', { secret: { text: 'hunter3' } }],
  ])('does not repeat %s', async (_, secret, options) => {
    const error = await byRoot(options)

    expect(error).toBeInstanceOf(JwtAuthConfigError)
    for (const shown of [
      String(error),
      inspect(error, { depth: 9, showHidden: true }),
      JSON.stringify(error),
    ]) {
      expect(shown).not.toContain(secret)
    }
  })
})

describe('a configuration that is right', () => {
  it.each<[string, object]>([
    ['a secret of 32 bytes', { secret: SECRET.slice(0, 32) }],
    ['a secret in bytes', { secret: Buffer.from(SECRET) }],
    ['five minutes of tolerance', { secret: SECRET, clockTolerance: '5m' }],
    [
      'options that are undefined',
      { secret: SECRET, issuer: undefined, audience: undefined, keys: undefined },
    ],
  ])('starts with %s', async (_, options) => {
    expect(await byRoot(options as Options)).toBeUndefined()
    expect(await byFactory(options as Options)).toBeUndefined()
  })

  it('hides its secret from inspect', async () => {
    const bytes = Buffer.from(SECRET)
    const module = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET })] })
    const shown = inspect(module.get(TokenService), { depth: 8, maxArrayLength: null })

    const forms = [
      SECRET,
      bytes.toString('base64url'),
      bytes.toString('hex', 0, 8).match(/../g)?.join(' ') ?? '',
    ]
    for (const form of forms) expect(shown).not.toContain(form)
    expect(shown.replaceAll(/\s+/g, ' ')).not.toContain([...bytes.subarray(0, 8)].join(', '))
  })
})
