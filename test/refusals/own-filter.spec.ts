import {
  Catch,
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Post,
  UseGuards,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common'
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import {
  AuthErrorPresenter,
  JwtAuthError,
  JwtAuthEvents,
  JwtAuthModule,
  JwtGuard,
  RequireScopes,
  TokenResponse,
  type JwtAuthEvent,
} from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { challengeOf } from '../support/refusals.js'

@Controller()
class ShopController {
  @Get('me')
  @UseGuards(JwtGuard)
  me() {
    return {}
  }

  @Get('scoped')
  @RequireScopes('items:delete')
  scoped() {
    return {}
  }

  @Get('thrown')
  thrown(): never {
    throw new JwtAuthError('token_expired')
  }

  @Post('login')
  login(): never {
    throw new JwtAuthError('credentials_invalid', { reason: 'the password is wrong' })
  }
}

/** Puts every error into an envelope, and refusals as the presenter has them. */
@Catch()
@Injectable()
class EnvelopeFilter implements ExceptionFilter {
  constructor(
    @Inject(AuthErrorPresenter) private readonly presenter: AuthErrorPresenter,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  async catch(error: unknown, host: ArgumentsHost) {
    const { httpAdapter } = this.host
    const response = host.switchToHttp().getResponse<unknown>()
    if (!(error instanceof JwtAuthError)) return httpAdapter.reply(response, {}, 500)
    const { status, body, headers = {} } = await this.presenter.present(error, host)
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value)
    return httpAdapter.reply(response, { error: body }, status)
  }
}

/** Knows nothing of this library. */
@Catch()
class BluntFilter implements ExceptionFilter {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  catch(_error: unknown, host: ArgumentsHost) {
    this.host.httpAdapter.reply(host.switchToHttp().getResponse<unknown>(), {}, 400)
  }
}

/** Throws the same error every time. */
const wrongPassword = new JwtAuthError('credentials_invalid')

@Controller()
class LoginController {
  @Post('login')
  @TokenResponse()
  async login() {
    throw wrongPassword
  }
}

const asked: string[] = []

@Injectable()
class CountingPresenter implements AuthErrorPresenter {
  present(error: JwtAuthError) {
    asked.push(error.errorCode)
    return { status: error.getStatus(), body: { code: error.errorCode } }
  }
}

@Module({ providers: [{ provide: AuthErrorPresenter, useClass: CountingPresenter }] })
class PresenterModule {}

const metadata = {
  imports: [JwtAuthModule.forRoot({ secret: SECRET, realm: 'shop' })],
  controllers: [ShopController],
}

describe.each(adapters)("an app's own filter on $name", (adapter) => {
  let app: RunningApp
  const events: JwtAuthEvent[] = []

  beforeAll(async () => {
    app = await startApp(adapter, {
      ...metadata,
      providers: [{ provide: APP_FILTER, useClass: EnvelopeFilter }],
    })
    app.nest.get(JwtAuthEvents).events$.subscribe((event) => events.push(event))
  })

  beforeEach(() => {
    events.length = 0
  })

  it.each([
    { path: '/me', errorCode: 'token_missing', challenge: { realm: 'shop' } },
    { path: '/thrown', errorCode: 'token_expired', challenge: { realm: 'shop', error: 'invalid_token' } },
  ])('sends what the presenter answers, challenge and all: $path', async ({ path, errorCode, challenge }) => {
    const answer = await app.get(path)

    expect(answer).toMatchObject({ status: 401, body: { error: { statusCode: 401, errorCode } } })
    expect(challengeOf(answer)?.parameters).toMatchObject(challenge)
  })

  it('keeps the challenge of the guard even where it does not ask', async () => {
    const blunt = await startApp(adapter, {
      ...metadata,
      providers: [{ provide: APP_FILTER, useClass: BluntFilter }],
    })
    const answer = await blunt.get('/me')

    expect(answer.status).toBe(400)
    expect(challengeOf(answer)).toEqual({ scheme: 'Bearer', parameters: { realm: 'shop' } })
  })

  it('gets what a presenter in another module of the app answers, which is asked once', async () => {
    const counting = await startApp(adapter, {
      ...metadata,
      imports: [...metadata.imports, PresenterModule],
      providers: [{ provide: APP_FILTER, useClass: EnvelopeFilter }],
    })
    asked.length = 0

    expect((await counting.get('/me')).body).toEqual({ error: { code: 'token_missing' } })
    expect((await counting.get('/thrown')).body).toEqual({ error: { code: 'token_expired' } })
    expect(asked).toEqual(['token_missing', 'token_expired'])
  })

  it('has an event for a login that the app wrote itself', async () => {
    const answer = await app.send({ method: 'POST', path: '/login', headers: [['User-Agent', 'test/1']] })

    expect(challengeOf(answer)).toEqual({ scheme: 'Bearer', parameters: { realm: 'shop' } })
    expect(events).toMatchObject([
      {
        type: 'login.failed',
        errorCode: 'credentials_invalid',
        reason: 'the password is wrong',
        transport: 'http',
        ip: expect.stringContaining('127.0.0.1'),
        userAgent: 'test/1',
      },
    ])
  })

  it('has an event for the login that it wrote itself, even where the filter asks nobody', async () => {
    const blunt = await startApp(adapter, {
      ...metadata,
      controllers: [LoginController],
      providers: [{ provide: APP_FILTER, useClass: BluntFilter }],
    })
    const failed: JwtAuthEvent[] = []
    blunt.nest.get(JwtAuthEvents).events$.subscribe((event) => failed.push(event))

    for (const attempt of [1, 2]) {
      expect((await blunt.post('/login', {})).status).toBe(400)
      expect(failed).toHaveLength(attempt)
    }
    expect(failed[0]).toMatchObject({ type: 'login.failed', route: 'LoginController.login' })
  })

  it('has one event where both notice it', async () => {
    const both = await startApp(adapter, {
      ...metadata,
      controllers: [LoginController],
      providers: [{ provide: APP_FILTER, useClass: EnvelopeFilter }],
    })
    const failed: JwtAuthEvent[] = []
    both.nest.get(JwtAuthEvents).events$.subscribe((event) => failed.push(event))
    await both.post('/login', {})

    expect(failed.map(({ type }) => type)).toEqual(['login.failed'])
  })

  it('has an event that says where and why the guard refused', async () => {
    const token = await app.tokens.issueAccessToken('ida')
    events.length = 0
    await app.send({
      path: '/scoped',
      headers: [
        ['Authorization', `Bearer ${token}`],
        ['User-Agent', 'x'.repeat(1000)],
      ],
    })

    expect(events).toMatchObject([
      {
        type: 'auth.denied',
        errorCode: 'insufficient_scope',
        reason: expect.stringContaining('items:delete'),
        transport: 'http',
        route: 'ShopController.scoped',
        ip: expect.stringContaining('127.0.0.1'),
        userAgent: 'x'.repeat(256),
      },
    ])
  })
})

describe.each(adapters)("a presenter of the app's own on $name", (adapter) => {
  it('is asked once, by the guard and by the filter of this module', async () => {
    const app = await startApp(adapter, {
      ...metadata,
      providers: [{ provide: AuthErrorPresenter, useClass: CountingPresenter }],
    })
    asked.length = 0

    expect(await app.get('/me')).toMatchObject({ status: 401, body: { code: 'token_missing' } })
    expect(asked).toEqual(['token_missing'])
  })
})
