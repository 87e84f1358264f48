import { Body, Controller, Get, HttpCode, Module, Post, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import {
  Claims,
  CurrentToken,
  type JwtClaims,
  JwtAuthModule,
  JwtGuard,
  TokenService,
} from '@nest-jwt-auth/core'
import { RedisSessionStore } from '@nest-jwt-auth/redis'
import { createClient } from 'redis'

const { REDIS_URL = '', JWT_SECRET, PREFIX, REUSE_GRACE = '10s', STORE_TIMEOUT = '500ms' } = process.env

/** What an app gives the store, and no more: its settings are the client's defaults. */
async function connect() {
  const client = createClient({ url: REDIS_URL })
  client.on('error', () => undefined)
  return client.connect()
}

@Controller()
class AppController {
  constructor(private readonly tokens: TokenService) {}

  @Get('public')
  open() {
    return 'open'
  }

  @Get('private')
  @UseGuards(JwtGuard)
  closed(@Claims() claims: JwtClaims) {
    return claims.sub
  }

  @Post('login')
  login(@Body() { name }: { name: string }) {
    return this.tokens.issue(name)
  }

  @Post('refresh')
  @HttpCode(200)
  refresh(@Body() body: { refresh_token: string }) {
    return this.tokens.refresh(body.refresh_token)
  }

  @Post('logout')
  @UseGuards(JwtGuard)
  async logout(@Claims() claims: JwtClaims) {
    await this.tokens.revokeSession(String(claims.sid), { subject: claims.sub })
  }

  @Post('logout-all')
  @UseGuards(JwtGuard)
  async logoutAll(@Claims() claims: JwtClaims) {
    await this.tokens.revokeAll(claims.sub)
  }

  @Post('revoke')
  @UseGuards(JwtGuard)
  async revoke(@CurrentToken() token: string) {
    await this.tokens.revoke(token)
  }
}

@Module({
  imports: [
    JwtAuthModule.forRoot({
      secret: JWT_SECRET,
      refreshToken: { reuseGrace: REUSE_GRACE },
      sessions: { timeout: STORE_TIMEOUT },
      sessionStore: {
        useFactory: async () => new RedisSessionStore({ client: await connect(), prefix: PREFIX }),
      },
    }),
  ],
  controllers: [AppController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['fatal'] })
// Longer than any client of the tests waits between two requests.
app.getHttpServer().keepAliveTimeout = 120_000
await app.listen(0)
