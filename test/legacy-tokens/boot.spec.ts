import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthConfigError, JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { DAY, FORMER_SECRET, formerToken, legacyTokens, p256, rsa, START } from './former-app.js'

async function start(options: object) {
  const clock = new FakeClock(START)
  const module = JwtAuthModule.forRoot({ secret: SECRET, ...options })
  return startModule({ imports: [module] }, { clock })
}

async function problemsOf(
  options: object,
): Promise<readonly { path: string; problem: string; fix: string }[]> {
  try {
    await start(options)
  } catch (error) {
    if (error instanceof JwtAuthConfigError) return error.problems
    throw error
  }
  return []
}

const withLegacy = (changes: object) => ({ legacyTokens: { ...legacyTokens, ...changes } })
const inDays = (days: number) => new Date(START + days * DAY * 1000)

describe('legacyTokens that do not boot', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' })

  it.each<[name: string, path: string, options: object]>([
    ['no object', 'legacyTokens', { legacyTokens: true }],
    ['a list', 'legacyTokens', { legacyTokens: [legacyTokens] }],
    [
      'no key',
      'legacyTokens',
      { legacyTokens: { algorithm: 'HS256', until: inDays(1), accept: () => true } },
    ],
    ['a secret that is not set in the environment', 'legacyTokens.secret', withLegacy({ secret: undefined })],
    ['two keys', 'legacyTokens', withLegacy({ publicKey: rsa.publicKey })],
    ['a short secret', 'legacyTokens.secret', withLegacy({ secret: 'secretKey' })],
    [
      'the sample of the Nest documentation',
      'legacyTokens.secret',
      withLegacy({
        secret:
          'DO NOT USE THIS VALUE. INSTEAD, CREATE A COMPLEX SECRET AND KEEP IT SAFE OUTSIDE OF THE SOURCE CODE.',
      }),
    ],
    ['common words', 'legacyTokens.secret', withLegacy({ secret: 'secret'.repeat(8) })],
    ['the text of a public key as secret', 'legacyTokens.secret', withLegacy({ secret: pem })],
    ['a private key', 'legacyTokens.privateKey', withLegacy({ privateKey: rsa.privateKey })],
    ['a kid', 'legacyTokens.kid', withLegacy({ kid: 'old' })],
    ['no algorithm', 'legacyTokens.algorithm', withLegacy({ algorithm: undefined })],
    ['a list of algorithms', 'legacyTokens.algorithm', withLegacy({ algorithm: ['HS256'] })],
    ['the algorithm none', 'legacyTokens.algorithm', withLegacy({ algorithm: 'none' })],
    ['a secret for RS256', 'legacyTokens.secret', withLegacy({ algorithm: 'RS256' })],
    [
      'a public key for HS256',
      'legacyTokens.publicKey',
      { legacyTokens: { algorithm: 'HS256', publicKey: pem, until: inDays(1), accept: () => true } },
    ],
    [
      'RSA of 1024 bits',
      'legacyTokens.publicKey',
      { legacyTokens: { algorithm: 'RS256', publicKey, until: inDays(1), accept: () => true } },
    ],
    [
      'a private key as public key',
      'legacyTokens.publicKey',
      {
        legacyTokens: {
          algorithm: 'RS256',
          publicKey: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }),
          until: inDays(1),
          accept: () => true,
        },
      },
    ],
    ['no date', 'legacyTokens.until', withLegacy({ until: undefined })],
    ['a date 91 days ahead', 'legacyTokens.until', withLegacy({ until: inDays(91) })],
    [
      'a date just over 90 days ahead',
      'legacyTokens.until',
      withLegacy({ until: new Date(+inDays(90) + 1) }),
    ],
    ['a date that is none', 'legacyTokens.until', withLegacy({ until: new Date(NaN) })],
    ['a day that is none', 'legacyTokens.until', withLegacy({ until: '2030-02-30' })],
    ['a month that is none', 'legacyTokens.until', withLegacy({ until: '2030-13-01' })],
    ['a time without a zone', 'legacyTokens.until', withLegacy({ until: '2030-01-31T12:00' })],
    ['an American date', 'legacyTokens.until', withLegacy({ until: '01/31/2030' })],
    ['a duration', 'legacyTokens.until', withLegacy({ until: '30d' })],
    ['a number', 'legacyTokens.until', withLegacy({ until: START })],
    ['no accept', 'legacyTokens.accept', withLegacy({ accept: undefined })],
    ['accept: true', 'legacyTokens.accept', withLegacy({ accept: true })],
    ['the own secret', 'legacyTokens.secret', withLegacy({ secret: SECRET })],
    ['the own secret in bytes', 'legacyTokens.secret', withLegacy({ secret: Buffer.from(SECRET) })],
  ])('%s', async (_, path, options) => {
    expect((await problemsOf(options)).map((problem) => problem.path)).toEqual([path])
  })

  it('a key of the ring: another algorithm, another kid, another writing, a key that only verifies', async () => {
    const secret = 'B7-qzJ2.fixture!7WmxT4pL9sR0bN3+Hd6Yc1-and-as-long-as-HS512-wants-it'
    const own = [
      { algorithm: 'HS256', secret: SECRET },
      { algorithm: 'HS512', secret, kid: 'first' },
      { algorithm: 'ES256', privateKey: p256.privateKey, kid: 'second' },
      { algorithm: 'RS256', publicKey: rsa.publicKey, kid: 'third' },
    ]
    const dates = { until: inDays(1), accept: () => true }
    const pathsOf = async (key: object) =>
      (await problemsOf({ secret: undefined, keys: own, legacyTokens: { ...dates, ...key } })).map(
        ({ path }) => path,
      )
    expect(await pathsOf({ algorithm: 'HS256', secret })).toEqual(['legacyTokens.secret'])
    const jwk = p256.publicKey.export({ format: 'jwk' })
    expect(await pathsOf({ algorithm: 'ES256', publicKey: jwk })).toEqual(['legacyTokens.publicKey'])
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' })
    expect(await pathsOf({ algorithm: 'PS256', publicKey: pem })).toEqual(['legacyTokens.publicKey'])
    expect(await pathsOf({ algorithm: 'HS256', secret: FORMER_SECRET })).toEqual([])
  })

  it('says of a weak secret what to do, and nothing of the secret', async () => {
    const [problem] = await problemsOf(withLegacy({ secret: 'my-secret-of-2019' }))
    expect(problem?.problem).toBe('The secret is 17 bytes long, but the algorithm needs at least 32')
    expect(problem?.fix).toMatch(
      /^Leave legacyTokens out.*first let the former code sign with a strong secret/,
    )
    expect(JSON.stringify(problem)).not.toContain('2019')
  })

  it('lists everything that is wrong', async () => {
    const options = withLegacy({ secret: 'short', until: inDays(100), accept: 'yes', also: 1 })
    expect((await problemsOf(options)).map(({ path }) => path).toSorted()).toEqual([
      'legacyTokens.accept',
      'legacyTokens.also',
      'legacyTokens.secret',
      'legacyTokens.until',
    ])
  })
})

describe('legacyTokens that boot', () => {
  it.each<[name: string, until: Date | string]>([
    ['90 days ahead', inDays(90)],
    ['a day', '2030-03-31'],
    ['a time in UTC', '2030-03-31T12:30:00Z'],
    ['a time with an offset', '2030-03-31T12:30:00.5+02:00'],
    ['what toISOString writes', inDays(3).toISOString()],
  ])('%s', async (_, until) => {
    logs.clear()
    const tokens = (await start(withLegacy({ until }))).get(TokenService)
    expect(await tokens.verify(formerToken())).toMatchObject({ claims: { sub: '7' } })
    expect(logs.text('warn')).not.toContain('legacyTokens')
  })

  it('with a date that has passed: one warning, and no token is accepted', async () => {
    logs.clear()
    const tokens = (await start(withLegacy({ until: inDays(-1) }))).get(TokenService)
    expect(
      logs.lines.filter(({ level, text }) => level === 'warn' && text.includes('legacyTokens')),
    ).toHaveLength(1)
    await expect(tokens.verify(formerToken())).rejects.toMatchObject({ errorCode: 'token_expired' })
  })

  it('by forRootAsync', async () => {
    const imports = [JwtAuthModule.forRootAsync({ useFactory: () => ({ secret: SECRET, legacyTokens }) })]
    const tokens = (await startModule({ imports }, { clock: new FakeClock(START) })).get(TokenService)
    expect(await tokens.verify(formerToken())).toMatchObject({ claims: { sub: '7' } })
  })
})
