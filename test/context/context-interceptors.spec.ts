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
  const metadata = {
    imports: [JwtAuthModule.forRoot({ secret: SECRET, requestContext: true })],
    controllers: [BareController],
  }
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

  it('are told to set the option where it is not, whoever signed in before', async () => {
    const withoutOption = { ...metadata, imports: [JwtAuthModule.forRoot({ secret: SECRET })] }
    const app = await startApp(adapter, withoutOption)
    const context = app.nest.get(JwtAuthContext)
    const needsOption = expect.objectContaining({ code: 'request_context_disabled' })

    expect(() => context.claims).toThrow(needsOption)
    expect((await app.get('/bare', await app.tokens.issueAccessToken('ida'))).status).toBe(200)
    expect(() => context.claims).toThrow(needsOption)
    expect(() => context.token).toThrow(needsOption)
    await expect(context.identity()).rejects.toThrow(needsOption)
  })
})
