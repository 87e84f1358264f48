import { Validator } from '@seriousme/openapi-schema-validator'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { secureDocument } from '@nest-jwt-auth/core/swagger'
import { adapters, type RunningApp, startApp } from '../support/adapters.js'
import { codesAt, operationAt, plainDocument, securedDocument } from './documents.js'
import { FilesController, richApp, type Settings } from './rich-app.js'

const [express = adapters[0]!] = adapters

/** Without `@All()`, for which `@nestjs/swagger` writes `search`, which no version of OpenAPI knows. */
const valid = (settings: Settings = {}) => {
  const { controllers = [], ...app } = richApp(settings)
  return { ...app, controllers: controllers.filter((one) => one !== FilesController) }
}

const start = async (settings: Settings = {}) => (await startApp(express, richApp(settings))).nest

const usual = [
  'token_malformed',
  'token_signature_invalid',
  'token_wrong_type',
  'token_expired',
  'token_not_active',
  'token_claims_invalid',
]

describe('what a document says of an operation', () => {
  let document: ReturnType<typeof securedDocument>
  let nest: RunningApp['nest']
  beforeAll(async () => {
    nest = await start()
    document = securedDocument(nest)
  })
  const at = (name: string) => operationAt(document, name)

  it('are the codes that a guarded route can give, and no others', () => {
    const mine = at('GET /items/mine')
    expect(codesAt(mine, 401)).toEqual(['token_missing', ...usual, 'token_revoked', 'identity_unknown'])
    expect(Object.keys(mine.responses)).toEqual(['200', '401', '503'])
    expect(codesAt(mine, 503)).toEqual(['store_unavailable'])
    expect(Object.keys(mine.responses['401']?.headers ?? {})).toEqual(['WWW-Authenticate'])
    expect(Object.keys(mine.responses['503']?.headers ?? {})).toEqual(['Retry-After'])
  })

  it('is that a token may be left out, and what a bad one is refused with', () => {
    const list = at('GET /items')
    expect(list.security).toEqual([{ bearer: [] }, {}])
    expect(codesAt(list, 401)).toEqual([...usual, 'token_revoked'])
  })

  it('are the scopes, where its version of OpenAPI has room for them, and always in an extension', () => {
    const scopes = ['items:write', 'items:read']
    expect(at('PUT /items/{id}')).toMatchObject({ security: [{ bearer: [] }], 'x-required-scopes': scopes })
    expect(codesAt(at('PUT /items/{id}'), 403)).toEqual(['insufficient_scope'])
    const newer = operationAt(securedDocument(nest, { openapi: '3.1.0' }), 'PUT /items/{id}')
    expect(newer).toMatchObject({ security: [{ bearer: scopes }], 'x-required-scopes': scopes })
  })

  it('is that claims and a fresh login are needed', () => {
    const remove = at('DELETE /items/{id}')
    expect(codesAt(remove, 403)).toEqual(['insufficient_claims'])
    expect(codesAt(remove, 401)).toContain('insufficient_user_authentication')
    expect(remove.responses['401']?.description).toContain('600 seconds')
  })

  it('is that the refresh token is needed', () => {
    const session = at('POST /items/session')
    expect(session.security).toEqual([{ 'refresh-bearer': [] }])
    expect(codesAt(session, 401)).toContain('refresh_reused')
  })

  it('is what the app says itself, beside what it does not', () => {
    const create = at('POST /items')
    expect(create.requestBody?.content['application/json']?.schema).toEqual({
      $ref: '#/components/schemas/NewItem',
    })
    expect(create.responses['403']).toMatchObject({
      description: 'Too many items.',
      content: { 'application/json': { schema: { $ref: '#/components/schemas/OwnRefusal' } } },
    })
    expect(codesAt(create, 401)).toContain('token_missing')
  })

  it('corrects a lock that a decorator has put on a public route', () => {
    expect(at('GET /items/health')).toMatchObject({ security: [] })
    expect(Object.keys(at('GET /items/health').responses)).toEqual(['200'])
  })

  it('is what the app says of a guard of its own, or at least that there is one', () => {
    expect(at('GET /items/metrics').security).toEqual([{ 'api-key': [] }])
    expect(at('GET /items/stats').security).toEqual([{ ApiKeyGuard: [] }])
  })

  it('is the token response', () => {
    expect(at('POST /items/login').responses['200']?.content).toEqual({
      'application/json': { schema: { $ref: '#/components/schemas/JwtAuthTokenResponse' } },
    })
  })

  it('changes nothing the second time, and nothing in what it was given', () => {
    const plain = plainDocument(nest)
    const before = JSON.stringify(plain)
    const once = secureDocument(nest, plain)
    const copy = JSON.parse(JSON.stringify(once)) as typeof once

    expect(JSON.stringify(plain)).toBe(before)
    expect(once).not.toEqual(plain)
    expect(secureDocument(nest, once)).toEqual(copy)
    expect(secureDocument(nest, copy)).toEqual(once)
  })

  it('uses a scheme that the app has declared, and never takes its name', () => {
    const named = securedDocument(nest, {
      build: (builder) => builder.addBearerAuth({ type: 'http', description: 'Mine' }, 'jwt'),
    })
    expect(operationAt(named, 'GET /items/mine').security).toEqual([{ jwt: [] }])
    expect(operationAt(named, 'POST /items/session').security).toEqual([{ 'refresh-bearer': [] }])

    const taken = securedDocument(nest, {
      build: (builder) => builder.addBasicAuth({ type: 'http' }, 'bearer'),
    })
    expect(operationAt(taken, 'GET /items/mine').security).toEqual([{ 'bearer-2': [] }])
    expect(taken.components?.securitySchemes?.['bearer']).toEqual({ type: 'http', scheme: 'basic' })
  })

  it('refuses operations that Nest does not serve, unless they say what they need', () => {
    const plain = plainDocument(nest)
    const add = (operation: object) => ({ ...plain, paths: { ...plain.paths, '/added': { get: operation } } })

    expect(() => secureDocument(nest, add({ responses: {} }))).toThrow('GET /added')
    const secured = secureDocument(nest, add({ responses: {}, security: [] }))
    expect(secured.paths['/added']).toEqual({ get: { responses: {}, security: [] } })
  })
})

const locations: { name: string; settings: Settings; security: object[]; schemes: object }[] = [
  {
    name: 'a cookie',
    settings: { locations: ['cookie'] },
    security: [{ cookie: [] }],
    schemes: { cookie: { type: 'apiKey', in: 'cookie', name: '__Host-access_token' } },
  },
  {
    name: 'a header or a cookie',
    settings: { locations: ['header', 'cookie'] },
    security: [{ bearer: [] }, { cookie: [] }],
    schemes: { bearer: { type: 'http', scheme: 'bearer' } },
  },
  {
    name: 'headers of other names and schemes',
    settings: {
      locations: [
        { header: 'x-token', scheme: null },
        { header: 'authorization', scheme: 'JWT' },
        { query: 'jwt' },
      ],
    },
    security: [{ 'header-x-token': [] }, { 'header-authorization': [] }, { 'query-jwt': [] }],
    schemes: {
      'header-x-token': { type: 'apiKey', in: 'header', name: 'x-token' },
      'header-authorization': { type: 'apiKey', in: 'header', name: 'authorization' },
      'query-jwt': { type: 'apiKey', in: 'query', name: 'jwt' },
    },
  },
  {
    name: 'what OpenAPI has no words for',
    settings: { locations: ['body', { body: 'token' }, () => undefined] },
    security: [{ body: [] }, { 'body-token': [] }, { custom: [] }],
    schemes: { body: { type: 'http', scheme: 'body' }, custom: { type: 'http', scheme: 'custom' } },
  },
]

describe('a token in', () => {
  it.each(locations)('$name', async ({ settings, security, schemes }) => {
    const document = securedDocument(await start(settings))

    expect(operationAt(document, 'GET /items/mine').security).toEqual(security)
    expect(operationAt(document, 'GET /items/download/{id}').security).toEqual([{ query: [] }])
    expect(document.components?.securitySchemes).toMatchObject(schemes)
  })

  it('a cookie, with a double submit', async () => {
    const document = securedDocument(await start({ locations: ['cookie'], csrf: { doubleSubmit: true } }))
    const create = operationAt(document, 'POST /items')
    expect(create.parameters).toContainEqual(
      expect.objectContaining({ name: 'x-csrf-token', in: 'header', required: true }),
    )
    expect(codesAt(operationAt(document, 'DELETE /items/{id}'), 403)).toContain('csrf_failed')
    expect(operationAt(document, 'GET /items/mine').parameters).toEqual([])
    expect(operationAt(document, 'GET /items/mine').responses['403']).toBeUndefined()
  })
})

describe.each(['3.0.0', '3.1.0'] as const)('a document of OpenAPI %s', (openapi) => {
  it.each([
    ['the header', {}],
    ['cookies, with a double submit', { locations: ['header', 'cookie'], csrf: { doubleSubmit: true } }],
    ['every location', { locations: ['header', 'cookie', 'query', 'body', () => undefined] }],
  ] as [string, Settings][])('is valid with tokens in %s', async (_, settings) => {
    const { nest } = await startApp(express, valid(settings))
    const document: Record<string, unknown> = JSON.parse(JSON.stringify(securedDocument(nest, { openapi })))
    const { errors } = await new Validator().validate(document)

    expect(errors).toBeUndefined()
  })
})
