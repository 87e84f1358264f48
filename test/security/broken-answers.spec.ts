import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common'
import { describe, expect, it } from '@jest/globals'
import {
  AuthErrorPresenter,
  JwtAuthError,
  JwtAuthModule,
  JwtGuard,
  TokenService,
  type PresentedAuthError,
} from '@nest-jwt-auth/core'
import type { ArgumentsHost } from '@nestjs/common'
import { adapters, startApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { refused } from '../support/refusals.js'

const SHARED = new JwtAuthError('credentials_invalid')

@Controller()
class EchoController {
  constructor(@Inject(TokenService) private readonly tokens: TokenService) {}

  @Get('scope')
  scope(@Query('scope') scope: string) {
    throw new JwtAuthError('insufficient_scope', { scope })
  }

  @Get('refresh')
  refresh() {
    return this.tokens.refresh('no token')
  }

  @Get('guarded')
  @UseGuards(JwtGuard)
  guarded() {
    return {}
  }

  @Get('shared')
  shared() {
    throw SHARED
  }
}

const setup = (present?: (error: JwtAuthError, host: ArgumentsHost) => PresentedAuthError) => ({
  imports: [JwtAuthModule.forRoot({ secret: SECRET })],
  controllers: [EchoController],
  providers: present === undefined ? [] : [{ provide: AuthErrorPresenter, useValue: { present } }],
})

describe.each(adapters)('on $name', (adapter) => {
  it.each(['%E2%82%AC', 'a%22%2C%20realm%3D%22evil', 'a%0D%0AX-Evil%3A1'])(
    'a scope that a client chose (%s) never breaks the challenge',
    async (scope) => {
      const app = await startApp(adapter, setup())

      const answer = await app.get(`/scope?scope=${scope}`)

      expect(answer).toMatchObject(refused(403, 'insufficient_scope'))
      expect(answer.headers['www-authenticate']).not.toMatch(/scope="|evil/i)
    },
  )

  it.each<[string, Partial<PresentedAuthError>]>([
    ['header value', { headers: { 'X-Reason': 'a\r\nX-Evil: 1' } }],
    ['header name', { headers: { 'X Reason': 'a' } }],
    ['body', { body: { size: 1n } }],
  ])('a presenter with an impossible %s falls back to the default answer', async (_, broken) => {
    const app = await startApp(
      adapter,
      setup(() => ({ status: 401, body: {}, ...broken })),
    )

    expect(await app.get('/refresh')).toMatchObject(refused(401, 'token_malformed'))
    expect(await app.get('/guarded')).toMatchObject(refused(401, 'token_missing'))
  })

  it('one error that refuses two requests is presented to each', async () => {
    const present = (error: JwtAuthError, host: ArgumentsHost) => ({
      status: error.getStatus(),
      body: { for: host.switchToHttp().getRequest<{ query: { id: string } }>().query.id },
    })
    const app = await startApp(adapter, setup(present))

    expect(await app.get('/shared?id=a')).toMatchObject({ body: { for: 'a' } })
    expect(await app.get('/shared?id=b')).toMatchObject({ body: { for: 'b' } })
  })
})
