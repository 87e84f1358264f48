import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthConfigError, JwtAuthModule, type JwtKey, TokenService } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const sec1 = privateKey.export({ type: 'sec1', format: 'pem' }).toString()
const passphrase = { cipher: 'aes-256-cbc', passphrase: 'correct horse' }
const indent = (text: string) => text.replaceAll(/^(?=.)/gm, '    ')
const oneLine = (text: string) => text.trim().replaceAll('\n', ' ')

async function start(key: object): Promise<TokenService> {
  const keys = [{ algorithm: 'ES256', ...key } as JwtKey]
  return (await startModule({ imports: [JwtAuthModule.forRoot({ keys })] })).get(TokenService)
}

async function problemOf(key: object) {
  try {
    await start(key)
    return undefined
  } catch (error) {
    if (!(error instanceof JwtAuthConfigError)) throw error
    expect(error.problems).toHaveLength(1)
    // Nothing of the key, not even a line of it.
    const lines = [pem, publicPem, sec1].flatMap((text) => text.split('\n').slice(1, -2))
    for (const line of lines) expect(error.message).not.toContain(line.slice(0, 16))
    return error.problems[0]
  }
}

describe('a private key as environment variables and files hold it', () => {
  it.each<[form: string, value: string | Uint8Array]>([
    ['as it is', pem],
    ['with CRLF', pem.replaceAll('\n', '\r\n')],
    ['without a last line end', pem.trim()],
    ['with empty lines around', `\n\n${pem}\n\n`],
    ['with text before and after', `the key of 2030\n${pem}of 2030`],
    ['SEC 1', sec1],
    ['as bytes, from readFileSync', Buffer.from(pem)],
    ['as a Uint8Array', new Uint8Array(Buffer.from(pem))],
  ])('works %s', async (_, value) => {
    const tokens = await start({ privateKey: value })
    await expect(tokens.verify(await tokens.issueAccessToken('ida'))).resolves.toBeDefined()
  })

  it.each<[form: string, value: unknown, problem: string, fix: string]>([
    ['with literal \\n', pem.replaceAll('\n', '\\n'), 'two characters \\n', "replaceAll('\\\\n', '\\n')"],
    ['with literal \\r\\n', pem.replaceAll('\n', '\\r\\n'), 'two characters \\n', 'replaceAll'],
    ['in quotes', JSON.stringify(pem), 'quotes', 'Remove them'],
    ['in single quotes', `'${pem}'`, 'quotes', 'Remove them'],
    ['in base64', Buffer.from(pem).toString('base64'), 'in base64', "Buffer.from(value, 'base64')"],
    [
      'in base64, in lines of 76',
      Buffer.from(pem)
        .toString('base64')
        .replaceAll(/(.{76})/g, '$1\n'),
      'in base64',
      "Buffer.from(value, 'base64')",
    ],
    ['with spaces for line ends', pem.replaceAll('\n', ' '), 'line ends', 'quoting'],
    ['on one line, without spaces', pem.replaceAll('\n', ''), 'line ends', 'quoting'],
    ['indented, as in YAML', indent(pem), 'indented', 'Remove the space'],
    [
      'encrypted',
      privateKey.export({ type: 'pkcs8', format: 'pem', ...passphrase }),
      'encrypted',
      'passphrase',
    ],
    [
      'encrypted, in the old form',
      privateKey.export({ type: 'sec1', format: 'pem', ...passphrase }),
      'encrypted',
      'passphrase',
    ],
    [
      'as a JWK in a string',
      JSON.stringify(privateKey.export({ format: 'jwk' })),
      'JWK as a JSON string',
      'JSON.parse',
    ],
    [
      'without its BEGIN and END lines',
      pem.split('\n').slice(1, -2).join(''),
      'without the BEGIN',
      "format: 'der'",
    ],
    ['as DER bytes', privateKey.export({ type: 'pkcs8', format: 'der' }), 'DER', "format: 'der'"],
    [
      'of OpenSSH',
      `-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\n`,
      'OpenSSH',
      'ssh-keygen',
    ],
    ['that is public', publicPem, 'public key', 'publicKey'],
    ['that is a path', '/run/secrets/jwt.pem', 'path of a file', 'readFileSync'],
    ['that is a file name', 'jwt.key', 'path of a file', 'readFileSync'],
    ['that is empty', '', 'empty', 'environment variable'],
    ['that is undefined', undefined, 'undefined', 'forRootAsync'],
    ['that is null', null, 'not a key', 'PEM'],
    ['that is a number', 7, 'not a key', 'PEM'],
    ['that is no key', 'not a key', 'cannot be read as a private key', 'PEM'],
    ['that is an object of something else', { key: 'x' }, 'not a JWK of a private key', 'PEM'],
  ])('is a boot error that names the cure: one %s', async (_, value, problem, fix) => {
    expect(await problemOf({ privateKey: value })).toEqual({
      path: 'keys[0].privateKey',
      problem: expect.stringContaining(problem),
      fix: expect.stringContaining(fix),
    })
  })
})

describe('a public key as environment variables and files hold it', () => {
  it.each<[form: string, value: unknown, problem: string]>([
    ['with literal \\n', publicPem.replaceAll('\n', '\\n'), 'two characters \\n'],
    ['in quotes', `"${publicPem}"`, 'quotes'],
    ['in base64', Buffer.from(publicPem).toString('base64'), 'in base64'],
    ['with spaces for line ends', oneLine(publicPem), 'line ends'],
    ['indented', indent(publicPem), 'indented'],
    ['of SSH', 'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY ida@example', 'OpenSSH'],
    ['as a JWK in a string', JSON.stringify(publicKey.export({ format: 'jwk' })), 'JWK as a JSON string'],
    ['that is private', pem, 'is a private key'],
    ['that is a private JWK', privateKey.export({ format: 'jwk' }), 'is a private key'],
    ['that is undefined', undefined, 'undefined'],
  ])('is a boot error that names the mistake: one %s', async (_, value, problem) => {
    expect(await problemOf({ publicKey: value })).toMatchObject({
      path: 'keys[0].publicKey',
      problem: expect.stringContaining(problem),
    })
  })
})

describe('a secret that is missing', () => {
  it.each<[string, object]>([
    ['altogether', {}],
    ['from the environment', { secret: process.env['THERE_IS_NO_SUCH_VARIABLE'] }],
  ])('is told how to make and to set one: %s', async (_, options) => {
    const started = startModule({ imports: [JwtAuthModule.forRoot(options)] })

    await expect(started).rejects.toThrow(
      /secret: .*randomBytes.*process\.env\.JWT_SECRET.*\.env.*forRootAsync.*ConfigService/s,
    )
  })
})

describe('a JWK', () => {
  const forms = {
    privateKey: privateKey.export({ format: 'jwk' }),
    publicKey: publicKey.export({ format: 'jwk' }),
  }
  const members = ['privateKey', 'publicKey'] as const

  it.each(members)('that says that it is for this as %s works', async (member) => {
    const key_ops = [member === 'privateKey' ? 'sign' : 'verify']
    await start({ [member]: { ...forms[member], use: 'sig', alg: 'ES256', key_ops } })
  })

  it.each<[what: string, member: (typeof members)[number], says: object, problem: string]>(
    members.flatMap((member) => [
      ['encryption', member, { use: 'enc' }, 'The JWK is not for signatures: its "use" is not "sig"'],
      ['another algorithm', member, { alg: 'ES384' }, 'The "alg" of the JWK is not ES256'],
      ['key agreement', member, { key_ops: ['deriveBits'] }, 'The "key_ops" of the JWK do not include'],
      [
        'the other operation',
        member,
        { key_ops: [member === 'privateKey' ? 'verify' : 'sign'] },
        'The "key_ops" of the JWK do not include',
      ],
    ]),
  )('that says that it is for %s is refused as %s', async (_, member, says, problem) => {
    expect(await problemOf({ [member]: { ...forms[member], ...says } })).toMatchObject({
      path: `keys[0].${member}`,
      problem: expect.stringContaining(problem),
    })
  })
})
