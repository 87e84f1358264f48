import { Controller, Get, Module } from '@nestjs/common'
import { APP_GUARD, NestFactory } from '@nestjs/core'
import { expect, it } from '@jest/globals'
import { JwtAuthModule, JwtGuard, routeAudit, TokenService } from '@nest-jwt-auth/core'
import { SECRET } from '../support/forge.js'

@Controller()
class OpenController {
  @Get()
  open() {
    return {}
  }
}

@Module({
  imports: [JwtAuthModule.forRoot({ secret: SECRET, audit: 'error' })],
  controllers: [OpenController],
})
class OpenApp {}

@Module({
  imports: [JwtAuthModule.forRoot({ secret: SECRET, requestContext: true })],
  controllers: [OpenController],
  providers: [{ provide: APP_GUARD, useExisting: JwtGuard }],
})
class GuardedApp {}

it.each([OpenApp, GuardedApp])('an application context without HTTP starts: %p', async (App) => {
  const app = await NestFactory.createApplicationContext(App, { logger: false })
  const tokens = app.get(TokenService)
  const { claims } = await tokens.verify(await tokens.issueAccessToken('ada'))
  expect(claims.sub).toBe('ada')
  expect(routeAudit(app).map(({ handler }) => handler)).toEqual(['open'])
  await app.close()
})
