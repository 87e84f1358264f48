import {
  Catch,
  Controller,
  Get,
  HttpException,
  Inject,
  Injectable,
  Module,
  Scope,
  UseGuards,
  type ArgumentsHost,
  type ExceptionFilter,
  type ExecutionContext,
  type Type,
} from '@nestjs/common'
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core'
import { describe, expect, it } from '@jest/globals'
import {
  AuthErrorPresenter,
  JwtAuthModule,
  JwtGuard,
  RequireClaims,
  TokenService,
  type JwtAuthError,
} from '@nest-jwt-auth/core'
import { adapters, startApp, startModule, type RunningApp } from '../support/adapters.js'
import { breakSignature, SECRET } from '../support/forge.js'
import { challengeOf, refused } from '../support/refusals.js'

@Controller('me')
class MeController {
  constructor(@Inject(TokenService) private readonly tokens: TokenService) {}

  @Get()
  @UseGuards(JwtGuard)
  me() {
    return { read: true }
  }

  @Get('policy')
  @RequireClaims({ role: 'editor' }, { message: 'An editor is needed.' })
  policy() {
    return { read: true }
  }

  @Get('by-hand')
  async byHand() {
    return { verified: await this.tokens.verify('not-a-token') }
  }

  @Get('broken')
  broken(): never {
    throw new Error('broken handler')
  }
}

@Injectable()
class DetailPresenter implements AuthErrorPresenter {
  present(error: JwtAuthError, context: ExecutionContext) {
    return {
      status: error.errorCode === 'token_missing' ? 418 : error.getStatus(),
      body: { detail: error.message, code: error.errorCode, handler: context.getHandler().name },
      headers: { 'x-refused': error.errorCode },
    }
  }
}

@Catch()
class EverythingFilter implements ExceptionFilter {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const [status, body] =
      error instanceof HttpException ? [error.getStatus(), error.getResponse()] : [500, { unexpected: true }]
    const response: unknown = host.switchToHttp().getResponse()
    this.host.httpAdapter.reply(response, { caught: body }, status)
  }
}

const imports = [JwtAuthModule.forRoot({ secret: SECRET, realm: 'shop' })]
const controllers = [MeController]

describe.each(adapters)('the presenter of refusals on $name', (adapter) => {
  const replacements = {
    'a provider of the app': () =>
      startApp(adapter, {
        imports,
        controllers,
        providers: [{ provide: AuthErrorPresenter, useClass: DetailPresenter }],
      }),
    'an override in tests': () =>
      startApp(
        adapter,
        { imports, controllers },
        {
          override: (builder) => builder.overrideProvider(AuthErrorPresenter).useValue(new DetailPresenter()),
        },
      ),
  }

  it.each(Object.entries(replacements))('is replaced by %s', async (_, start) => {
    const app = await start()
    const bad = breakSignature(await app.tokens.issueAccessToken('ida'))

    const missing = await app.get('/me')
    expect(missing).toMatchObject({ status: 418, headers: { 'x-refused': 'token_missing' } })
    expect(missing.body).toEqual({ detail: expect.any(String), code: 'token_missing', handler: 'me' })
    expect(await app.get('/me', bad)).toMatchObject({
      status: 401,
      headers: { 'x-refused': 'token_signature_invalid' },
      body: { code: 'token_signature_invalid' },
    })
    expect(await app.get('/me/policy', await app.tokens.issueAccessToken('ida'))).toMatchObject({
      status: 403,
      body: { detail: 'An editor is needed.', code: 'insufficient_claims', handler: 'policy' },
    })
  })

  it('does not touch errors that are no refusals', async () => {
    const app = await replacements['a provider of the app']()

    expect(await app.get('/me/broken')).toMatchObject({ status: 500, body: { statusCode: 500 } })
    expect(await app.get('/nowhere')).toMatchObject({ status: 404, body: { statusCode: 404 } })
  })
})

describe('a presenter that cannot be used is a boot error:', () => {
  const provider = (useClass: Type<AuthErrorPresenter>, scope?: Scope) => ({
    provide: AuthErrorPresenter,
    useClass,
    ...(scope !== undefined && { scope }),
  })

  @Injectable({ scope: Scope.REQUEST })
  class OfRequest {}

  @Injectable()
  class DrawnIntoScope extends DetailPresenter {
    constructor(@Inject(OfRequest) readonly request: OfRequest) {
      super()
    }
  }

  it.each([
    ['request-scoped', provider(DetailPresenter, Scope.REQUEST)],
    ['transient', provider(DetailPresenter, Scope.TRANSIENT)],
    ['one that injects a request-scoped provider', provider(DrawnIntoScope)],
  ])('%s', async (_, presenter) => {
    await expect(startModule({ imports, providers: [OfRequest, presenter] })).rejects.toThrow(
      /AuthErrorPresenter: the presenter is request-scoped or transient/,
    )
  })

  it('one in each of two modules', async () => {
    @Module({ providers: [provider(DetailPresenter)] })
    class OneModule {}
    @Module({ providers: [provider(DetailPresenter)] })
    class OtherModule {}
    await expect(startModule({ imports: [...imports, OneModule, OtherModule] })).rejects.toThrow(
      /AuthErrorPresenter: More than one module provides it: OneModule and OtherModule/,
    )
  })
})

describe.each(adapters)("an app's own catch-all filter on $name", (adapter) => {
  const filters: Record<string, () => Promise<RunningApp>> = {
    'as a provider': () =>
      startApp(adapter, {
        imports,
        controllers,
        providers: [{ provide: APP_FILTER, useClass: EverythingFilter }],
      }),
    'by useGlobalFilters': () =>
      startApp(
        adapter,
        { imports, controllers },
        { configure: (app) => app.useGlobalFilters(new EverythingFilter(app.get(HttpAdapterHost))) },
      ),
  }

  it.each(Object.entries(filters))('gets the right status and body %s', async (_, start) => {
    const app = await start()
    const answers = [
      await app.get('/me'),
      await app.get('/me/policy', await app.tokens.issueAccessToken('ida')),
      await app.get('/me/by-hand'),
    ]

    expect(answers).toMatchObject([
      { status: 401, body: { caught: { statusCode: 401, errorCode: 'token_missing' } } },
      { status: 403, body: { caught: { statusCode: 403, errorCode: 'insufficient_claims' } } },
      { status: 401, body: { caught: { statusCode: 401, errorCode: 'token_malformed' } } },
    ])
    expect(await app.get('/me/broken')).toMatchObject({ status: 500 })
  })
})

describe.each(adapters)('a refusal thrown by a handler on $name', (adapter) => {
  it('is answered like any other', async () => {
    const app = await startApp(adapter, { imports, controllers })
    const answer = await app.get('/me/by-hand')

    expect(answer).toMatchObject(refused(401, 'token_malformed'))
    expect(challengeOf(answer)).toMatchObject({
      scheme: 'Bearer',
      parameters: { realm: 'shop', error: 'invalid_token' },
    })
  })
})
