import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from '@jest/globals'
import {
  InMemoryKeyStore,
  type JwtAuthExtras,
  JwtAuthModule,
  type JwtAuthOptions,
  KeyService,
  TokenService,
} from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { logs } from '../support/logs.js'
import { kidOf, START, startInstance, TestKeyStore, WRAP } from './fleet.js'

const SECRET = randomBytes(48).toString('base64url')
const keyStore = InMemoryKeyStore

afterEach(() => {
  process.env['NODE_ENV'] = 'test'
  logs.clear()
})

type Options = Omit<JwtAuthOptions, 'keyRotation'> & JwtAuthExtras & { keyRotation?: object }

async function problemsOf(options: Options): Promise<string[]> {
  const boot = startModule({
    imports: [JwtAuthModule.forRoot({ refreshToken: false, ...options } as JwtAuthOptions)],
  })
  return boot.then(
    () => [],
    (error: Error & { problems?: { path: string; problem: string }[] }) => {
      if (error.problems === undefined) throw error
      return error.problems.map(({ path, problem }) => `${path}: ${problem}`)
    },
  )
}

describe('keyRotation', () => {
  it.each<[name: string, options: Options, problem: RegExp]>([
    [
      'beside secret',
      { keyRotation: { wrap: WRAP }, secret: SECRET, keyStore },
      /^secret: Both keyRotation and secret/,
    ],
    [
      'beside keys',
      { keyRotation: { wrap: WRAP }, keys: [{ algorithm: 'HS256', secret: SECRET }], keyStore },
      /^keys: Both/,
    ],
    ['without wrap', { keyRotation: {}, keyStore }, /^keyRotation\.wrap: The value is missing/],
    [
      'with an empty wrap',
      { keyRotation: { wrap: [] }, keyStore },
      /^keyRotation\.wrap: The value must be a non-empty array/,
    ],
    [
      'with a weak secret',
      { keyRotation: { wrap: [{ id: 'a', secret: 'secret' }] }, keyStore },
      /^keyRotation\.wrap\[0\]\.secret: .*6 bytes/,
    ],
    [
      'with an empty secret',
      { keyRotation: { wrap: [{ id: 'a', secret: '' }] }, keyStore },
      /^keyRotation\.wrap\[0\]\.secret: The secret is empty\. Is the environment variable .* set\?$/,
    ],
    [
      'with a well-known secret',
      { keyRotation: { wrap: [{ id: 'a', secret: 'a-string-secret-at-least-256-bits-long' }] }, keyStore },
      /well-known/,
    ],
    [
      'with two equal ids',
      { keyRotation: { wrap: [...WRAP, { id: '2030', secret: SECRET }] }, keyStore },
      /^keyRotation\.wrap\[1\]\.id: The id is the same as that of wrap\[0\]/,
    ],
    [
      'with a secret twice',
      { keyRotation: { wrap: [...WRAP, { ...WRAP[0]!, id: 'b' }] }, keyStore },
      /^keyRotation\.wrap\[1\]\.secret: The secret is in the list twice/,
    ],
    [
      'with the CSRF secret',
      { keyRotation: { wrap: WRAP }, keyStore, locations: ['cookie'], csrf: { secret: WRAP[0]!.secret } },
      /^keyRotation\.wrap\[0\]\.secret: The secret is also used elsewhere in the options/,
    ],
    [
      'with the secret of legacyTokens',
      {
        keyRotation: { wrap: WRAP },
        keyStore,
        legacyTokens: {
          secret: WRAP[0]!.secret,
          algorithm: 'HS256',
          until: new Date(Date.now() + 86_400_000),
          accept: () => true,
        },
      },
      /^keyRotation\.wrap\[0\]\.secret: The secret is also used elsewhere in the options/,
    ],
    [
      'with an id of other characters',
      { keyRotation: { wrap: [{ id: 'a b', secret: SECRET }] }, keyStore },
      /^keyRotation\.wrap\[0\]\.id/,
    ],
    [
      'announced for less than 20 minutes',
      { keyRotation: { wrap: WRAP, announce: '19m' }, keyStore },
      /^keyRotation\.announce: The duration must be from 20m/,
    ],
    [
      'announced for as long as a key signs',
      { keyRotation: { wrap: WRAP, every: '1d' }, keyStore },
      /^keyRotation\.every: The duration must be longer than keyRotation\.announce/,
    ],
    [
      'with tokens that never expire',
      { keyRotation: { wrap: WRAP }, accessToken: { allowNever: true }, keyStore },
      /^accessToken\.allowNever/,
    ],
    [
      'with more than 100 keys listed',
      {
        keyRotation: { wrap: WRAP, every: '30m', announce: '20m' },
        accessToken: { expiresIn: '3d' },
        keyStore,
      },
      /^keyRotation\.every: Up to 14\d keys would be in the JWKS/,
    ],
    [
      'with more than 5,000 keys that verify',
      {
        keyRotation: { wrap: WRAP, every: '21m', announce: '20m' },
        refreshToken: { expiresIn: '73d' },
        keyStore,
      },
      /^keyRotation\.every: Up to 5009 keys would verify tokens at the same time/,
    ],
    [
      'with an unknown algorithm',
      { keyRotation: { wrap: WRAP, algorithm: 'none' }, keyStore },
      /^keyRotation\.algorithm/,
    ],
    [
      'with an unknown member',
      { keyRotation: { wrap: WRAP, evry: '1d' }, keyStore },
      /^keyRotation\.evry: There is no such option/,
    ],
    [
      'of secrets, with a JWKS',
      { keyRotation: { wrap: WRAP, algorithm: 'HS256' }, keyStore, endpoints: { jwks: true } },
      /^endpoints\.jwks/,
    ],
    [
      'not set, but a keyStore',
      { secret: SECRET, keyStore },
      /^keyStore: A key store is set, but keyRotation is not/,
    ],
  ])('%s is a boot error', async (_, options, problem) => {
    expect(await problemsOf(options)).toEqual([expect.stringMatching(problem)])
  })

  it('with a secret that is undefined says where to look', async () => {
    const options = { keyRotation: { wrap: [{ id: 'a', secret: process.env['NOT_SET']! }] }, keyStore }
    await expect(startModule({ imports: [JwtAuthModule.forRoot(options)] })).rejects.toThrow(
      /keyRotation\.wrap\[0\]\.secret: The value is missing\. Is the environment variable .* set\?$/m,
    )
  })

  it('without tables in the key store names migrate()', async () => {
    class WithoutTables extends InMemoryKeyStore {
      override read(): never {
        throw new Error('no such table')
      }
    }
    const options = { keyRotation: { wrap: WRAP }, keyStore: { useValue: new WithoutTables() } }
    await expect(startModule({ imports: [JwtAuthModule.forRoot(options)] })).rejects.toThrow(
      /tables exist: `await store\.migrate\(\)`/,
    )
  })

  it.each<[name: string, options: Options]>([
    [
      'of 99 listed keys',
      {
        keyRotation: { wrap: WRAP, every: '30m', announce: '20m' },
        accessToken: { expiresIn: '2d' },
        keyStore,
      },
    ],
    [
      'of 4,940 verifying keys',
      {
        keyRotation: { wrap: WRAP, every: '21m', announce: '20m' },
        refreshToken: { expiresIn: '72d' },
        keyStore,
      },
    ],
    [
      'of 99 listed keys without refresh tokens',
      {
        keyRotation: { wrap: WRAP, every: '30m', announce: '20m' },
        accessToken: { expiresIn: '2d' },
        refreshToken: false,
        keyStore,
      },
    ],
    ['with a JWKS', { keyRotation: { wrap: WRAP }, keyStore, endpoints: { jwks: true } }],
    [
      'with a double submit',
      { keyRotation: { wrap: WRAP }, keyStore, locations: ['cookie'], csrf: { doubleSubmit: true } },
    ],
  ])('%s boots', async (_, options) => {
    expect(await problemsOf(options)).toEqual([])
  })

  it('keeps keys in memory with a warning, and in production only where that is named', async () => {
    const keyRotation = { wrap: WRAP }
    expect(await problemsOf({ keyRotation })).toEqual([])
    expect(logs.text('warn')).toContain('keyStore: No key store is set')
    process.env['NODE_ENV'] = 'production'
    expect(await problemsOf({ keyRotation })).toEqual([
      expect.stringMatching(/^keyStore: No key store is set/),
    ])
    logs.clear()
    expect(await problemsOf({ keyRotation, keyStore: InMemoryKeyStore })).toEqual([])
    expect(logs.text('warn')).toBe('')
  })

  it('shows no secret in errors', async () => {
    const secret = 'qwertyuiopasdfghjklzxcvbnm-secret'
    const boot = startModule({
      imports: [JwtAuthModule.forRoot({ keyRotation: { wrap: [{ id: 'a', secret }] }, keyStore })],
    })
    await expect(boot).rejects.toThrow(/keyRotation/)
    await boot.catch((error: unknown) => expect(inspect(error, { depth: 9 })).not.toContain(secret))
  })

  it('comes from a factory too, and the store from a class of the app', async () => {
    class OwnStore extends TestKeyStore {}
    const module = await startModule({
      imports: [
        JwtAuthModule.forRootAsync({
          useFactory: () => ({ keyRotation: { wrap: WRAP }, refreshToken: false }),
          keyStore: OwnStore,
        }),
      ],
      providers: [OwnStore],
    })
    expect(module.get(OwnStore).writes).toBe(1)
    expect(await module.get(KeyService).list()).toHaveLength(1)
  })

  it('changes the algorithm by a rotation', async () => {
    const store = new TestKeyStore()
    const before = await startInstance(store)
    const token = await before.tokens.issueAccessToken('ada')
    const after = await startInstance(store, { rotation: { algorithm: 'EdDSA' } })
    expect(kidOf(await after.tokens.issueAccessToken('ada'))).toBe(kidOf(token))
    expect((await after.keys.list()).map(({ algorithm, state }) => [algorithm, state])).toEqual([
      ['ES256', 'signing'],
      ['EdDSA', 'announced'],
    ])
    // An instance that is still configured as before does not announce another one in return.
    await before.keys.rotate()
    expect(await before.keys.list()).toHaveLength(2)
  })

  it('is used by tokens that are issued while the app starts', async () => {
    const store = new TestKeyStore()
    const auth = JwtAuthModule.forRoot({
      keyRotation: { wrap: WRAP },
      keyStore: { useValue: store },
      refreshToken: false,
    })
    const issued: string[] = []
    const early = {
      provide: 'early',
      useFactory: (tokens: TokenService) => ({
        onModuleInit: async () => void issued.push(await tokens.issueAccessToken('ada')),
      }),
      inject: [TokenService],
    }
    const module = await startModule({ imports: [auth], providers: [early] })
    await module.get(TokenService).verify(issued[0] ?? '')
    expect(await module.get(KeyService).list()).toHaveLength(1)
  })
})

describe('a lifetime per call', () => {
  const INVALID = { code: 'lifetime_invalid' }

  it('may not be longer than that of the keys', async () => {
    const { tokens } = await startInstance(new TestKeyStore(), { accessToken: { expiresIn: '1h' } })
    await tokens.issue('ada', { expiresIn: '1h' })
    await tokens.issueAccessToken('ada', { expiresIn: '1m' })
    const tooLong = tokens.issue('ada', { expiresIn: 3601 })
    await expect(tooLong).rejects.toMatchObject(INVALID)
    await expect(tooLong).rejects.toThrow('longer than accessToken.expiresIn, which is 3600 seconds')
    await expect(tokens.issueAccessToken('ada', { expiresIn: '61m' })).rejects.toMatchObject(INVALID)
    await expect(tokens.issueAccessToken('ada', { expiresIn: 'never' })).rejects.toMatchObject(INVALID)
    await tokens.issueOneTimeToken('invite', 'ada', { expiresIn: '30d' })
    const tooLongOnce = tokens.issueOneTimeToken('invite', 'ada', { expiresIn: '31d' })
    await expect(tooLongOnce).rejects.toMatchObject(INVALID)
    await expect(tooLongOnce).rejects.toThrow('longer than refreshToken.expiresIn')
    const { refreshToken = '' } = await tokens.issue('ada')
    await expect(tokens.refresh(refreshToken, { expiresIn: '2h' })).rejects.toMatchObject(INVALID)
    await tokens.refresh(refreshToken)
  })

  it('may not either where a claims loader makes the payload', async () => {
    class Loader {
      loadClaims = (id: string) => ({ sub: id, exp: START / 1000 + (id === 'long' ? 3600 : 60) })
    }
    const { tokens } = await startInstance(new TestKeyStore(), {
      claimsMode: 'replace',
      refreshToken: false,
      claimsLoader: { useValue: new Loader() },
    })
    await tokens.issueAccessToken('short')
    await expect(tokens.issueAccessToken('long')).rejects.toMatchObject(INVALID)
  })
})

describe('KeyService without keyRotation', () => {
  it('says what it is for', async () => {
    const module = await startModule({
      imports: [JwtAuthModule.forRoot({ secret: SECRET, refreshToken: false })],
    })
    const keys = module.get(KeyService)
    for (const call of [keys.list(), keys.rotate(), keys.revoke('kid')]) {
      await expect(call).rejects.toMatchObject({ code: 'rotation_disabled' })
    }
  })
})
