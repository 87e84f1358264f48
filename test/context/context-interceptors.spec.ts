import {
  Controller,
  Get,
  Inject,
  Injectable,
  UseGuards,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common'
import { APP_INTERCEPTOR } from '@nestjs/core'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthContext, JwtAuthModule, JwtGuard } from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

@Injectable()
class SubjectInterceptor implements NestInterceptor {
  constructor(@Inject(JwtAuthContext) private readonly context: JwtAuthContext) {}

  intercept(execution: ExecutionContext, next: CallHandler) {
    const response = execution.switchToHttp().getResponse<{ header(name: string, value: string): unknown }>()
    response.header('x-subject', this.context.claims?.sub ?? 'nobody')
    return next.handle()
  }
}

@Controller('bare')
class BareController {
  @Get()
  @UseGuards(JwtGuard)
  read() {
    return { read: true }
  }
}

describe.each(adapters)("an app's own interceptors on $name", (adapter) => {
  const metadata = { imports: [JwtAuthModule.forRoot({ secret: SECRET })], controllers: [BareController] }
  const providers = [{ provide: APP_INTERCEPTOR, useClass: SubjectInterceptor }]

  it.each<[string, () => Promise<RunningApp>]>([
    ['as a provider', () => startApp(adapter, { ...metadata, providers })],
    [
      'by useGlobalInterceptors',
      () =>
        startApp(adapter, metadata, {
          configure: (app) => app.useGlobalInterceptors(new SubjectInterceptor(app.get(JwtAuthContext))),
        }),
    ],
  ])('see the caller when bound to the whole app %s', async (_, start) => {
    const app = await start()
    const answer = await app.get('/bare', await app.tokens.issueAccessToken('ida'))

    expect(answer).toMatchObject({ status: 200, headers: { 'x-subject': 'ida' } })
  })

  it('are told, instead of nobody, where the context is asked for too late', async () => {
    const app = await startApp(adapter, metadata)
    const context = app.nest.get(JwtAuthContext)
    expect(context.claims).toBeUndefined()

    expect((await app.get('/bare')).status).toBe(401)
    expect(context.claims).toBeUndefined()
    expect((await app.get('/bare', await app.tokens.issueAccessToken('ida'))).status).toBe(200)
    expect(() => context.claims).toThrow(expect.objectContaining({ code: 'context_not_injected' }))
  })
})
