import { generateKeyPairSync } from 'node:crypto'
import {
  All,
  type ArgumentsHost,
  BadRequestException,
  Catch,
  Controller,
  Get,
  Injectable,
  type CanActivate,
  type ExceptionFilter,
  type INestApplication,
  Module,
  type NestInterceptor,
  type OnModuleInit,
  type PipeTransform,
  VersioningType,
} from '@nestjs/common'
import {
  type AbstractHttpAdapter,
  APP_FILTER,
  APP_GUARD,
  APP_INTERCEPTOR,
  APP_PIPE,
  HttpAdapterHost,
} from '@nestjs/core'
import { Test } from '@nestjs/testing'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { describe, expect, it } from '@jest/globals'
import { InMemorySessionStore, JwtAuthModule, JwtGuard, routeAudit, type JwtKey } from '@nest-jwt-auth/core'
import { JwksEndpoint } from '../../packages/core/src/nest/endpoints/jwks-endpoint.js'
import { type Adapter, adapters, RunningApp, startApp, startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import type { Answer } from '../support/http.js'
import { refused } from '../support/refusals.js'

const path = '/.well-known/jwks.json'
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed = generateKeyPairSync('ed25519')

/** One of each kind; only three of them may be seen. */
const keys: JwtKey[] = [
  { algorithm: 'ES256', privateKey: ec.privateKey, kid: 'new' },
  { algorithm: 'HS256', secret: SECRET, kid: 'secret' },
  { algorithm: 'RS256', privateKey: rsa.privateKey, kid: 'old' },
  { algorithm: 'Ed25519', publicKey: ed.publicKey, kid: 'older' },
]

type Options = Parameters<typeof JwtAuthModule.forRoot>[0]

const auth = (options: Options = {}) =>
  JwtAuthModule.forRoot({ keys, sessionStore: InMemorySessionStore, endpoints: { jwks: true }, ...options })

const cached = 'public, max-age=300, stale-while-revalidate=600'

function expectKeySet(answer: Answer): void {
  expect(answer.status).toBe(200)
  expect((answer.body as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)).toEqual([
    'new',
    'old',
    'older',
  ])
}

describe.each(adapters)('the key set on $name', (adapter) => {
  it('is published with everything that caches and browsers need', async () => {
    const app = await startApp(adapter, { imports: [auth()] })
    const answer = await app.get(path)

    expectKeySet(answer)
    expect(answer.body).toEqual(app.tokens.publicKeys())
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': cached,
      etag: expect.stringMatching(/^"[\w-]{43}"$/),
      'access-control-allow-origin': '*',
    })
  })

  it('holds public members only', async () => {
    const app = await startApp(adapter, { imports: [auth()] })
    const { text, body } = await app.get(path)

    const members = (body as { keys: object[] }).keys.map((key) => Object.keys(key).toSorted())
    expect(members).toEqual([
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
      ['alg', 'e', 'kid', 'kty', 'n', 'use'],
      ['alg', 'crv', 'kid', 'kty', 'use', 'x'],
    ])
    expect(text).not.toContain('oct')
    for (const { privateKey } of [ec, rsa]) {
      expect(text).not.toContain(privateKey.export({ format: 'jwk' }).d)
    }
  })

  it('is off unless it is named', async () => {
    for (const endpoints of [undefined, {}, { jwks: false }]) {
      const app = await startApp(adapter, { imports: [auth({ endpoints })] })
      expect((await app.get(path)).status).toBe(404)
    }
  })

  it('answers HEAD like GET', async () => {
    const app = await startApp(adapter, { imports: [auth()] })
    const [get, head] = [await app.get(path), await app.send({ method: 'HEAD', path })]

    expect(head).toMatchObject({ status: 200, text: '' })
    for (const name of ['etag', 'cache-control', 'content-type', 'content-length']) {
      expect([name, head.headers[name]]).toEqual([name, get.headers[name]])
    }
  })

  it('is not sent again to a client that has it (ETag)', async () => {
    const app = await startApp(adapter, { imports: [auth()] })
    const { etag = '' } = (await app.get(path)).headers
    const ask = (value: string, method = 'GET') =>
      app.send({ method, path, headers: [['If-None-Match', value]] })

    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, `W/"x",W/${etag} , "y"`, '*']) {
      const answer = await ask(known)
      expect([known, answer.status, answer.text]).toEqual([known, 304, ''])
      expect(answer.headers).toMatchObject({
        etag,
        'cache-control': cached,
        'access-control-allow-origin': '*',
      })
    }
    expect((await ask(etag, 'HEAD')).status).toBe(304)
    for (const other of ['"other"', etag.slice(1, -1), 'W/', '', ',', `"${etag}"`]) {
      expect([other, (await ask(other)).status]).toEqual([other, 200])
    }
  })

  it('may be read by every page, with a preflight too', async () => {
    const app = await startApp(adapter, { imports: [auth()] })
    const headers: [string, string][] = [
      ['Origin', 'https://elsewhere.example'],
      ['Access-Control-Request-Method', 'GET'],
      ['Access-Control-Request-Headers', 'if-none-match'],
    ]
    const answer = await app.send({ method: 'OPTIONS', path, headers })

    expect(answer).toMatchObject({ status: 204, text: '' })
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': '*',
    })
  })

  it('takes no other method, and no other path', async () => {
    const app = await startApp(adapter, { imports: [auth()] })

    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect([method, (await app.send({ method, path })).status]).toEqual([method, 404])
    }
    expect((await app.get(`${path}/x`)).status).toBe(404)
    expect((await app.get('/api/.well-known/jwks.json')).status).toBe(404)
    expectKeySet(await app.get(`${path}?now=1`))
  })

  it('is what jose needs to verify our tokens', async () => {
    const app = await startApp(adapter, { imports: [auth({ issuer: 'https://shop.example' })] })
    const { accessToken } = await app.tokens.issue('ida')
    const remote = createRemoteJWKSet(new URL(`http://127.0.0.1:${app.port}${path}`))

    const { payload } = await jwtVerify(accessToken, remote, {
      issuer: 'https://shop.example',
      typ: 'at+jwt',
      algorithms: ['ES256'],
    })
    expect(payload.sub).toBe('ida')
  })

  it('is in the audit, as public', async () => {
    const app = await startApp(adapter, { imports: [auth()] })

    expect(routeAudit(app.nest)).toEqual([
      {
        transport: 'http',
        controller: 'JwtAuthModule',
        handler: 'jwks',
        method: 'GET',
        path,
        access: 'public',
        by: 'endpoints.jwks',
      },
    ])
    const without = await startApp(adapter, { imports: [auth({ endpoints: {} })] })
    expect(routeAudit(without.nest)).toEqual([])
  })
})

@Injectable()
class NobodyPasses implements CanActivate {
  canActivate(): boolean {
    return false
  }
}

@Injectable()
class NothingPasses implements PipeTransform {
  transform(): never {
    throw new BadRequestException('a pipe was asked')
  }
}

@Injectable()
class NothingComesOut implements NestInterceptor {
  intercept(): never {
    throw new BadRequestException('an interceptor was asked')
  }
}

@Injectable()
@Catch()
class EverythingIsFine implements ExceptionFilter {
  catch(_: unknown, host: ArgumentsHost) {
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), { ok: 'by a filter' }, 200)
  }
  constructor(private readonly host: HttpAdapterHost) {}
}
Reflect.defineMetadata('design:paramtypes', [HttpAdapterHost], EverythingIsFine)

const globals = [
  { provide: APP_GUARD, useExisting: JwtGuard },
  { provide: APP_GUARD, useClass: NobodyPasses },
  { provide: APP_PIPE, useClass: NothingPasses },
  { provide: APP_INTERCEPTOR, useClass: NothingComesOut },
  { provide: APP_FILTER, useClass: EverythingIsFine },
]

@Controller()
class CatchAllController {
  @All('*')
  all() {
    return 'the catch-all of a controller'
  }

  @Get()
  root() {
    return 'the root'
  }
}

@Controller('.well-known')
class WellKnownController {
  @Get(':file')
  file() {
    return 'another file'
  }
}

/** As modules for static files and GraphQL do it: on the adapter, when modules are initialized. */
@Module({})
class SinglePageModule implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const adapter = this.host.httpAdapter
    const page = (_: unknown, response: unknown) => adapter.reply(response, '<!doctype html>', 200)
    adapter.get(adapter.getType() === 'fastify' ? '/*' : '/*page', page)
  }
}
Reflect.defineMetadata('design:paramtypes', [HttpAdapterHost], SinglePageModule)

describe.each(adapters)('on $name the key set of an app', (adapter: Adapter) => {
  it.each<[string, (app: INestApplication) => unknown]>([
    ['a global prefix', (app) => app.setGlobalPrefix('api/v2')],
    ['URI versions', (app) => app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' })],
    [
      'versions by a header',
      (app) =>
        app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version', defaultVersion: '1' }),
    ],
    [
      'versions by the media type',
      (app) => app.enableVersioning({ type: VersioningType.MEDIA_TYPE, key: 'v=', defaultVersion: '1' }),
    ],
    ['CORS for all', (app) => app.enableCors()],
    ['CORS for one origin', (app) => app.enableCors({ origin: 'https://app.example', credentials: true })],
  ])('with %s is where it always is', async (_, configure) => {
    const app = await startApp(adapter, { imports: [auth()] }, { configure })
    const answer = await app.send({
      path,
      headers: [
        ['Origin', 'https://elsewhere.example'],
        ['x-version', '2'],
        ['Accept', 'application/json;v=2'],
      ],
    })

    expectKeySet(answer)
    expect(answer.headers['access-control-allow-origin']).toBe('*')
  })

  it('that lets nobody in, pipes, wraps and catches all is the same', async () => {
    const app = await startApp(adapter, { imports: [auth()], providers: globals })
    const answer = await app.get(path)

    expectKeySet(answer)
    expect(answer.headers['cache-control']).toBe(cached)
  })

  it.each<[string, Parameters<typeof startApp>[1]]>([
    ['a controller for all', { controllers: [CatchAllController] }],
    ['a controller for the folder', { controllers: [WellKnownController] }],
    ['a page for all', { imports: [SinglePageModule] }],
  ])('with %s comes first', async (_, { imports = [], controllers = [] }) => {
    const app = await startApp(adapter, { imports: [...imports, auth()], controllers })

    expectKeySet(await app.get(path))
    expect((await app.get('/.well-known/other.json')).status).toBe(200)
  })

  it('without a body parser, initialized and not listening, is there', async () => {
    const module = await Test.createTestingModule({ imports: [auth()] }).compile()
    const nest = module.createNestApplication(adapter.create(), { bodyParser: false, logger: false })
    await nest.init()
    await nest.listen(0, '127.0.0.1')
    const { port } = (nest.getHttpServer() as { address(): { port: number } }).address()
    expectKeySet(await new RunningApp(nest, port).get(path))
    await nest.close()
  })
})

describe.each(adapters)('on $name a key set without keys', (adapter) => {
  it('is a 503, because verifiers would keep it', async () => {
    const nest = (await Test.createTestingModule({}).compile()).createNestApplication(adapter.create())
    const ring = { publicKeys: () => ({ keys: [] }), refreshIfStale: () => Promise.resolve() }
    new JwksEndpoint(ring).mountOn(nest.getHttpAdapter() as AbstractHttpAdapter)
    await nest.listen(0, '127.0.0.1')
    const { port } = (nest.getHttpServer() as { address(): { port: number } }).address()
    const answer = await new RunningApp(nest, port).get(path)
    await nest.close()

    expect(answer).toMatchObject(refused(503, 'keys_unavailable'))
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'retry-after': '1' })
  })
})

describe('an app without HTTP', () => {
  it('starts with the option', async () => {
    await expect(startModule({ imports: [auth()] })).resolves.toBeDefined()
  })
})
