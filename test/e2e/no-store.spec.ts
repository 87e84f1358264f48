import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  Header,
  Inject,
  Injectable,
  type NestInterceptor,
  Post,
  Res,
  VersioningType,
} from '@nestjs/common'
import { APP_INTERCEPTOR, ModuleRef } from '@nestjs/core'
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
