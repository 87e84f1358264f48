import {
  type CanActivate,
  Controller,
  Get,
  Header,
  HttpCode,
  HttpException,
  Inject,
  Post,
  Res,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { beforeAll, describe, expect, it } from '@jest/globals'
import {
  JwtAuthError,
  JwtAuthModule,
  JwtGuard,
  OptionalAuth,
  Public,
  RequireClaims,
  TokenResponse,
  TokenService,
} from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { refused } from '../support/refusals.js'

/** What Express and Fastify responses have in common. */
interface AnyResponse {
  header(name: string, value: string): unknown
  send(body: unknown): unknown
}

const closed: CanActivate = {
  canActivate: () => {
    throw new HttpException('not now', 429)
  },
}

@Controller('tokens')
class TokensController {
  constructor(@Inject(TokenService) private readonly tokens: TokenService) {}

  @Post()
  @Public()
  @TokenResponse()
  login() {
    return this.tokens.issue('ida')
  }

  @Get()
  @Public()
  @TokenResponse()
  read() {
    return this.tokens.issue('ida')
  }

  @Post('created')
  @Public()
  @HttpCode(201)
  @TokenResponse()
  created() {
    return this.tokens.issue('ida')
  }

  @Post('by-hand')
  @Public()
  @TokenResponse()
  async byHand(@Res() response: AnyResponse) {
    response.send(await this.tokens.issue('ida'))
  }

  @Post('refused')
  @Public()
  @TokenResponse()
  refuse() {
    throw new JwtAuthError('credentials_invalid')
  }

  @Post('refused-by-the-app')
  @Public()
  @TokenResponse()
  refuseAsApp() {
    throw new UnauthorizedException()
  }

  @Post('guarded')
  @TokenResponse()
  @RequireClaims({ plan: 'pro' })
  guarded() {
    return this.tokens.issue('ida')
  }

  @Post('optional')
  @OptionalAuth()
  @TokenResponse()
  optional() {
    return this.tokens.issue('ida')
  }

  @Post('unmarked')
  @Public()
  @Header('Cache-Control', 'public, max-age=60')
  unmarked() {
    return this.tokens.issue('ida')
  }

  @Post('closed')
  @Public()
  @UseGuards(closed)
  closed() {}

  @Get('catalog')
  @Public()
  @Header('Cache-Control', 'public, max-age=60')
  catalog() {
    return ['tea']
  }
}

describe.each(adapters)('a response with tokens on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    app = await startApp(adapter, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      controllers: [TokensController],
      providers: [{ provide: APP_GUARD, useExisting: JwtGuard }],
    })
  })

  it.each([
    ['POST', ''],
    ['GET', ''],
    ['POST', '/by-hand'],
    ['POST', '/optional'],
  ])('is 200 and kept out of caches: %s /tokens%s', async (method, path) => {
    const answer = await app.send({ method, path: `/tokens${path}` })

    expect(answer).toMatchObject({ status: 200, body: { access_token: expect.any(String) } })
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('has the status that a decorator above it says', async () => {
    const answer = await app.post('/tokens/created', {})

    expect([answer.status, answer.headers['cache-control']]).toEqual([201, 'no-store'])
  })

  it('is kept out of caches where the handler refuses', async () => {
    const refusals = [await app.post('/tokens/refused', {}), await app.post('/tokens/refused-by-the-app', {})]

    expect(refusals[0]).toMatchObject(refused(401, 'credentials_invalid'))
    for (const { status, headers } of refusals) {
      expect([status, headers['cache-control']]).toEqual([401, 'no-store'])
    }
  })

  it('is kept out of caches where the guard refuses before', async () => {
    const token = await app.tokens.issueAccessToken('ida')
    const refusals = [
      await app.post('/tokens/guarded', {}),
      await app.post('/tokens/guarded', {}, token),
      await app.post('/tokens/optional', {}, 'garbage'),
    ]

    expect(refusals.map(({ status }) => status)).toEqual([401, 403, 401])
    for (const { headers } of refusals) expect(headers['cache-control']).toBe('no-store')
  })

  it('is only what is marked as such: nothing else is touched, however many tokens are issued meanwhile', async () => {
    const [, unmarked, catalog] = await Promise.all([
      app.post('/tokens', {}),
      app.post('/tokens/unmarked', {}),
      app.get('/tokens/catalog'),
    ])

    expect([unmarked.status, unmarked.headers['cache-control']]).toEqual([201, 'public, max-age=60'])
    expect(catalog.headers['cache-control']).toBe('public, max-age=60')
    expect((await app.post('/tokens/closed', {})).headers['cache-control']).toBeUndefined()
  })
})
