import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  Header,
  Inject,
  Injectable,
  Module,
  type NestInterceptor,
  Post,
  Res,
  VersioningType,
} from '@nestjs/common'
import { EventEmitter } from 'node:events'
import { APP_INTERCEPTOR, ModuleRef } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { defer, from, map, switchMap } from 'rxjs'
import { adapters, startApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

/** What Express and Fastify responses have in common. */
interface AnyResponse {
  header(name: string, value: string): unknown
  send(body: unknown): unknown
}

@Injectable()
class Accounts {
  @Inject('TOKENS') private readonly tokens!: TokenService

  async login() {
    await new Promise((resolve) => setImmediate(resolve))
    return { session: (await this.tokens.issue('ida')).accessToken }
  }
}

@Controller('through-services')
class ThroughServices {
  constructor(@Inject(Accounts) private readonly accounts: Accounts) {}

  @Post()
  login() {
    return this.accounts.login()
  }

  @Post('sent-by-hand')
  async sent(@Res() response: AnyResponse) {
    response.send(await this.accounts.login())
  }

  @Post('cached')
  @Header('Cache-Control', 'public, max-age=60')
  cached() {
    return this.accounts.login()
  }

  @Post('fails')
  async fails() {
    await this.accounts.login()
    throw new Error('after the token was made')
  }
}

@Controller('by-module-ref')
class ByModuleRef {
  constructor(@Inject(ModuleRef) private readonly modules: ModuleRef) {}

  @Post()
  login() {
    return this.modules.get(TokenService, { strict: false }).issue('ida')
  }
}

@Controller({ path: 'public/:id', version: '2' })
class Versioned {
  constructor(@Inject(TokenService) private readonly tokens: TokenService) {}

  @Post('token')
  login() {
    return this.tokens.issueAccessToken('ida')
  }
}

@Controller('catalog')
class Catalog {
  static opened: Promise<void> = Promise.resolve()

  @Get('slow')
  @Header('Cache-Control', 'public, max-age=60')
  async slow() {
    await Catalog.opened
    return ['tea']
  }

  @Get()
  @Header('Cache-Control', 'public, max-age=60')
  read() {
    return ['tea']
  }
}

@Controller('plain')
class PlainController {
  @Get()
  read() {
    return { plain: true }
  }
}

@Controller()
class RootController {
  constructor(@Inject(TokenService) private readonly tokens: TokenService) {}

  @Get()
  token() {
    return this.tokens.issueAccessToken('ida')
  }
}

@Injectable()
class Listener {
  constructor(@Inject(EventEmitter) bus: EventEmitter, @Inject(TokenService) tokens: TokenService) {
    const login = async (done: (token: unknown) => void) => done(await tokens.issueAccessToken('ida'))
    bus.on('login', (done: (token: unknown) => void) => void login(done))
  }
}

@Controller('bus')
class BusController {
  constructor(@Inject(EventEmitter) private readonly bus: EventEmitter) {}

  @Get()
  token() {
    return new Promise((resolve) => this.bus.emit('login', resolve))
  }
}

@Injectable()
class Sliding implements NestInterceptor {
  constructor(@Inject(TokenService) private readonly tokens: TokenService) {}

  intercept(_context: ExecutionContext, next: CallHandler) {
    return next
      .handle()
      .pipe(
        switchMap((body: unknown) =>
          defer(() => from(this.tokens.issueAccessToken('ida'))).pipe(map((token) => ({ body, token }))),
        ),
      )
  }
}

const metadata = {
  imports: [JwtAuthModule.forRoot({ secret: SECRET })],
  controllers: [ThroughServices, ByModuleRef, Versioned, Catalog],
  providers: [Accounts, { provide: 'TOKENS', useExisting: TokenService }],
}

describe.each(adapters)('answers with tokens on $name', (adapter) => {
  it.each([
    '/api/v1/through-services',
    '/api/v1/through-services/sent-by-hand',
    '/api/v1/through-services/cached',
    '/api/v1/through-services/fails',
    '/api/v1/by-module-ref',
    '/api/v2/public/7/token',
  ])('are kept out of caches: POST %s', async (path) => {
    const app = await startApp(adapter, metadata, {
      configure: (nest) => {
        nest.setGlobalPrefix('api')
        nest.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' })
      },
    })
    const answer = await app.post(path, {})

    expect([answer.status, answer.headers['cache-control']]).toEqual([
      path.endsWith('fails') ? 500 : 201,
      'no-store',
    ])
    // Nothing is left of it on the connection or in the process.
    expect((await app.get('/api/v1/catalog')).headers['cache-control']).toBe('public, max-age=60')
  })

  it('are no reason to keep others out, not even those that are under way', async () => {
    const app = await startApp(adapter, metadata)
    let open = (): void => undefined
    Catalog.opened = new Promise((resolve) => (open = resolve))
    const underWay = app.get('/catalog/slow')
    await app.get('/catalog')
    expect((await app.post('/through-services', {})).headers['cache-control']).toBe('no-store')
    open()

    expect((await underWay).headers['cache-control']).toBe('public, max-age=60')
  })

  it('are kept out of caches at the root, beside a global prefix', async () => {
    const app = await startApp(
      adapter,
      { ...metadata, controllers: [RootController] },
      { configure: (nest) => nest.setGlobalPrefix('api', { exclude: ['/'] }) },
    )

    expect((await app.get('/')).headers['cache-control']).toBe('no-store')
  })

  it('are kept out of caches where a listener makes them', async () => {
    const bus = new EventEmitter()
    const app = await startApp(adapter, {
      ...metadata,
      controllers: [BusController],
      providers: [...metadata.providers, { provide: EventEmitter, useFactory: () => bus }, Listener],
    })

    expect((await app.get('/bus')).headers['cache-control']).toBe('no-store')
  })

  it('are kept out of caches where what makes them was built by hand', async () => {
    const app = await startApp(
      adapter,
      { ...metadata, controllers: [PlainController] },
      { configure: (nest) => nest.useGlobalInterceptors(new Sliding(nest.get(TokenService))) },
    )

    expect((await app.get('/plain')).headers['cache-control']).toBe('no-store')
  })

  it('are kept out of caches where a module that extends ours has the controller', async () => {
    class OurAuth extends JwtAuthModule {}
    Module({ controllers: [RootController] })(OurAuth)
    const app = await startApp(adapter, { imports: [OurAuth.forRoot({ secret: SECRET })] })

    expect((await app.get('/')).headers['cache-control']).toBe('no-store')
  })

  it('are kept out of caches where something global makes them', async () => {
    const app = await startApp(adapter, {
      ...metadata,
      controllers: [PlainController],
      providers: [...metadata.providers, { provide: APP_INTERCEPTOR, useClass: Sliding }],
    })
    const answer = await app.get('/plain')

    expect(answer.body).toEqual({ body: { plain: true }, token: expect.any(String) })
    expect(answer.headers['cache-control']).toBe('no-store')
  })
})

@Controller('on-fastify')
class FastifyRoutes {
  constructor(@Inject(TokenService) private readonly tokens: TokenService) {}

  @Get(':id(^\\d+$)')
  token() {
    return this.tokens.issueAccessToken('ida')
  }
}

it.each([{}, { skipMiddie: true }])('what only Fastify routes is no hindrance, with %p', async (options) => {
  const fastify = { name: 'fastify', create: () => new FastifyAdapter(options) }
  const app = await startApp(fastify, { ...metadata, controllers: [FastifyRoutes] })
  const answer = await app.get('/on-fastify/7')

  expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store'])
})
