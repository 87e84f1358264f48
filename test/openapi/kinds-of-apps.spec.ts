import { generateKeyPairSync } from 'node:crypto'
import { type CanActivate, Controller, Get, type ModuleMetadata, Module, Post } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import {
  AuthErrorPresenter,
  InMemoryKeyStore,
  InMemorySessionStore,
  type IssuerOptions,
  JwtAuthModule,
  JwtGuard,
  Public,
  RequireScopes,
  TokenLocations,
} from '@nest-jwt-auth/core'
import { secureDocument } from '@nest-jwt-auth/core/swagger'
import { describe, expect, it } from '@jest/globals'
import { Doorman } from '../endpoints/app.js'
import { failingKms } from '../keys/failing-kms.js'
import { WRAP } from '../keys/fleet.js'
import { adapters, startApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { codesAt, operationAt, operationsOf, plainDocument, securedDocument } from './documents.js'

const [express = adapters[0]!] = adapters

@Controller('items')
class ItemsController {
  @Get()
  @RequireScopes('read')
  list() {
    return []
  }

  @Post()
  @TokenLocations({ body: 'token' })
  create() {
    return {}
  }
}

@Controller('page')
@Public()
class PageController {
  @Get()
  page() {
    return {}
  }
}

type Options = Parameters<typeof JwtAuthModule.forRoot>[0]

const app = (options: Options, more: ModuleMetadata = {}): ModuleMetadata => ({
  imports: [JwtAuthModule.forRoot(options)],
  controllers: [ItemsController, PageController],
  ...more,
  providers: [{ provide: APP_GUARD, useExisting: JwtGuard }, ...(more.providers ?? [])],
})

const partner = { issuer: 'https://login.example.com', audience: 'shop', algorithms: ['RS256' as const] }
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one' }

describe('an app', () => {
  it('without sessions has no 503, and no token that is revoked', async () => {
    const { nest } = await startApp(express, app({ secret: SECRET, refreshToken: false }))
    const list = operationAt(securedDocument(nest), 'GET /items')
    expect(Object.keys(list.responses)).toEqual(['200', '401', '403'])
    expect(codesAt(list, 401)).not.toContain('token_revoked')
  })

  it.each([
    [
      'whose keys are fetched',
      { ...partner, jwksUrl: 'https://login.example.com/keys' },
      ['keys_unavailable'],
    ],
    ['whose keys are fixed', { ...partner, keys: { keys: [jwk] } }, []],
  ] satisfies [string, IssuerOptions, string[]][])(
    'that only verifies tokens of an issuer %s',
    async (_, issuer, codes) => {
      const { nest } = await startApp(express, app({ issuers: [issuer] }))
      const list = operationAt(securedDocument(nest), 'GET /items')
      expect(codesAt(list, 503)).toEqual(codes)
      expect(codesAt(list, 401)).not.toContain('token_revoked')
      expect(list.security).toEqual([{ bearer: [] }])
    },
  )

  it.each([
    ['in the process', { secret: SECRET }, []],
    ['in a KMS', { keys: [failingKms().key] }, ['keys_unavailable']],
    [
      'in a key store',
      { keyRotation: { wrap: WRAP }, keyStore: { useValue: new InMemoryKeyStore() } },
      ['keys_unavailable'],
    ],
  ] satisfies [string, Options, string[]][])(
    'whose signing key is %s says whether login and refresh may have none',
    async (_, options, codes) => {
      const endpoints = { authenticator: Doorman, login: true, refresh: true }
      const auth = JwtAuthModule.forRoot({ ...options, sessionStore: InMemorySessionStore, endpoints })
      const { nest } = await startApp(express, { imports: [auth], providers: [Doorman] })
      const document = securedDocument(nest)
      for (const name of ['login', 'refresh']) {
        expect(codesAt(operationAt(document, `POST /auth/${name}`), 503)).toEqual([
          'store_unavailable',
          ...codes,
        ])
      }
    },
  )

  it('whose refusals have a form of their own says their codes, and nothing of the form', async () => {
    class Presenter extends AuthErrorPresenter {
      present() {
        return { status: 401, body: {} }
      }
    }
    @Module({ providers: [{ provide: AuthErrorPresenter, useClass: Presenter }] })
    class ErrorsModule {}
    const imports = [JwtAuthModule.forRoot({ secret: SECRET, refreshToken: false }), ErrorsModule]
    const { nest } = await startApp(express, app({ secret: SECRET }, { imports }))
    const list = operationAt(securedDocument(nest), 'GET /items')
    expect(list.responses['403']).toEqual({
      description: 'Forbidden: `insufficient_scope` (needs the scopes read)',
    })
  })

  it('without sessions names only the cookie that its login sets', async () => {
    const endpoints = { authenticator: Doorman, login: true }
    const described = async (options: Options) => {
      const auth = JwtAuthModule.forRoot({ secret: SECRET, locations: ['cookie'], endpoints, ...options })
      const { nest } = await startApp(express, { imports: [auth], providers: [Doorman] })
      return operationAt(securedDocument(nest), 'POST /auth/login').responses['200']?.description
    }

    expect(await described({ refreshToken: false })).toBe('The token is in the cookie `__Host-access_token`.')
    expect(await described({ sessionStore: InMemorySessionStore })).toBe(
      'The tokens are in the cookies `__Host-access_token` and `__Host-refresh_token`.',
    )
  })

  it.each<[string, 'header' | 'cookie', object | undefined]>([
    ['a refresh token', 'header', ['refresh_token']],
    ['nothing, since cookies may carry it,', 'cookie', undefined],
  ])('says that %s must be in the body of a refresh', async (_, location, required) => {
    const endpoints = { refresh: true, logout: true }
    const store = { sessionStore: InMemorySessionStore, locations: [location] }
    const auth = JwtAuthModule.forRoot({ secret: SECRET, endpoints, ...store })
    const { nest } = await startApp(express, { imports: [auth] })
    const schemaOf = (name: string) =>
      operationAt(securedDocument(nest), `POST /auth/${name}`).requestBody?.content['application/json']
        ?.schema

    expect(schemaOf('refresh')).toMatchObject({ properties: { refresh_token: { type: 'string' } } })
    expect(Object(schemaOf('refresh')).required).toEqual(required)
    expect(Object(schemaOf('logout')).required).toBeUndefined()
  })

  it('that takes the token from the body describes the body', async () => {
    const { nest } = await startApp(express, app({ secret: SECRET, refreshToken: false }))
    expect(operationAt(securedDocument(nest), 'POST /items').requestBody).toEqual({
      required: true,
      content: {
        'application/json': {
          schema: {
            type: 'object',
            properties: { token: { type: 'string', description: 'The token.' } },
            required: ['token'],
          },
        },
      },
    })
  })

  it('with another global guard says of a public route what the app says', async () => {
    class ApiKeyGuard implements CanActivate {
      canActivate() {
        return true
      }
    }
    const options = { secret: SECRET, refreshToken: false as const, audit: { guards: [ApiKeyGuard] } }
    const providers = [{ provide: APP_GUARD, useClass: ApiKeyGuard }]
    const { nest } = await startApp(express, app(options, { providers }))
    expect(operationAt(securedDocument(nest), 'GET /page')).not.toHaveProperty('security')
    expect(operationAt(securedDocument(nest), 'GET /items').security).toEqual([{ bearer: [] }])
  })

  it('without the module gets an error that names the line to write', async () => {
    const { nest } = await startApp(express, { controllers: [PageController] })
    expect(() => secureDocument(nest, plainDocument(nest))).toThrow('JwtAuthModule.forRoot')
  })

  it('that publishes its keys has an operation for them at the root, whatever the server', async () => {
    const keys = [{ algorithm: 'RS256' as const, privateKey }]
    const { nest } = await startApp(express, app({ keys, refreshToken: false, endpoints: { jwks: true } }))
    const document = securedDocument(nest, {
      build: (builder) => builder.addServer('https://api.example.com/v1'),
    })
    const operation = operationAt(document, 'GET /.well-known/jwks.json')
    expect(operation).toMatchObject({ security: [], servers: [{ url: 'https://api.example.com/' }] })
    expect(Object.keys(operation.responses)).toEqual(['200', '304'])
    expect(operationsOf(secureDocument(nest, document))).toEqual(operationsOf(document))
  })
})
