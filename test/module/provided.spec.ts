import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { describe, expect, it } from '@jest/globals'
import {
  AuthErrorPresenter,
  ClaimsLoader,
  InMemoryKeyStore,
  InMemorySessionStore,
  JwtAuthModule,
  SessionStore,
  TokenService,
} from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { problemsOf } from '../support/boot-problems.js'
import { SECRET } from '../support/forge.js'

class Flags extends ClaimsLoader {
  loadClaims() {
    return {}
  }
}

const authWith = (extras: object) => JwtAuthModule.forRoot({ secret: SECRET, ...extras })

const rotation = { secret: undefined, keyRotation: { wrap: [{ id: '2026', secret: `another!${SECRET}` }] } }

const extras: [path: string, method: string, set: (source: object) => object][] = [
  ['claimsLoader', 'loadClaims', (source) => ({ claimsLoader: source })],
  ['identityLoader', 'loadIdentity', (source) => ({ identityLoader: source })],
  ['sessionStore', 'lookUp', (source) => ({ sessionStore: source })],
  ['keyStore', 'replace', (source) => ({ ...rotation, keyStore: source })],
  [
    'endpoints.authenticator',
    'authenticate',
    (source) => ({ endpoints: { login: true, authenticator: source } }),
  ],
]

describe.each(extras)('a provider of %s', (path, method, set) => {
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
  ])('does not return %s', async (text, value) => {
    for (const source of [{ useFactory: () => value }, { useFactory: () => Promise.resolve(value) }]) {
      expect(await problemsOf(startModule({ imports: [authWith(set(source))] }))).toEqual([
        {
          path,
          problem: `What is provided is ${text}`,
          fix: expect.stringContaining('return it from the factory'),
        },
      ])
    }
  })

  it.each<[string, object]>([
    ['an empty object', { useValue: {} }],
    ['an object of another kind', { useFactory: () => new Map() }],
    ['a class in place of its instance', { useValue: InMemorySessionStore }],
  ])(`does not return %s, without ${method}`, async (_, source) => {
    expect(await problemsOf(startModule({ imports: [authWith(set(source))] }))).toMatchObject([
      { path, problem: expect.stringContaining(method) },
    ])
  })
})

describe('what an app provides', () => {
  it('is checked where a class is named, too', async () => {
    const providers = [{ provide: Flags, useFactory: () => undefined }]

    expect(
      await problemsOf(startModule({ imports: [authWith({ claimsLoader: Flags })], providers })),
    ).toMatchObject([{ path: 'claimsLoader', problem: 'What is provided is undefined' }])
  })

  it('is checked if it is the presenter', async () => {
    const providers = [{ provide: AuthErrorPresenter, useFactory: () => undefined }]

    expect(await problemsOf(startModule({ imports: [authWith({})], providers }))).toMatchObject([
      { path: 'AuthErrorPresenter', problem: 'What is provided is undefined' },
    ])
  })

  it.each<[string, object]>([
    ['the stores in memory', { sessionStore: InMemorySessionStore }],
    ['a store in memory for keys', { ...rotation, keyStore: { useClass: InMemoryKeyStore } }],
    [
      'a store behind a proxy',
      { sessionStore: { useFactory: () => new Proxy(new InMemorySessionStore(), {}) } },
    ],
    ['a loader as a literal', { identityLoader: { useValue: { loadIdentity: () => null } } }],
  ])('is taken: %s', async (_, options) => {
    expect(await problemsOf(startModule({ imports: [authWith(options)] }))).toEqual([])
  })

  it('may be overridden in a test', async () => {
    const auth = authWith({ sessionStore: { useFactory: () => undefined }, claimsLoader: Flags })
    const module = await startModule(
      { imports: [auth], providers: [Flags] },
      {
        override: (builder) =>
          builder
            .overrideProvider(SessionStore)
            .useValue(new InMemorySessionStore())
            .overrideProvider(Flags)
            .useValue({ loadClaims: () => ({ plan: 'x' }) }),
      },
    )

    await expect(module.get(TokenService).issueAccessToken('ida')).resolves.toBeDefined()
  })

  it('is not there in a preview', async () => {
    @Module({ imports: [authWith({ identityLoader: { useFactory: () => undefined } })] })
    class AppModule {}
    const app = await NestFactory.create(AppModule, { preview: true, logger: false, abortOnError: false })

    await expect(app.init()).resolves.toBeDefined()
    await app.close()
  })
})
