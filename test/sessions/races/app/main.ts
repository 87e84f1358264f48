import 'reflect-metadata'
import type { Server } from 'node:http'
import { Body, Controller, Get, HttpCode, Inject, Module, Post, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { Claims, JwtAuthModule, JwtGuard, TokenService } from '@nest-jwt-auth/core'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'

const { DATABASE_URL, DATABASE_OPTIONS, JWT_SECRET, SESSIONS_TIMEOUT = '500ms' } = process.env
const PATIENCE = Number(process.env['DATABASE_PATIENCE'] ?? 1000)

class SessionsDatabase extends Kysely<unknown> {}

@Module({
  providers: [
    {
      provide: SessionsDatabase,
      useFactory: () => {
        const pool = new Pool({
          connectionString: DATABASE_URL,
          options: DATABASE_OPTIONS,
          connectionTimeoutMillis: PATIENCE,
          query_timeout: PATIENCE,
        })
        // pg tells of a lost connection twice: to whoever waits for an answer, and to these.
        pool.on('error', () => {})
        pool.on('connect', (client) => client.on('error', () => {}))
        return new SessionsDatabase({ dialect: new PostgresDialect({ pool }) })
      },
    },
  ],
  exports: [SessionsDatabase],
})
class DatabaseModule {}

@Controller()
class TokensController {
  constructor(@Inject(TokenService) private readonly tokens: TokenService) {}

  @Post('login')
  @HttpCode(200)
  login(@Body('subject') subject: string) {
    return this.tokens.issue(subject)
  }

  @Post('refresh')
  @HttpCode(200)
  refresh(@Body('refresh_token') token: string) {
    return this.tokens.refresh(token)
  }

  @Post('logout')
  @HttpCode(204)
  logout(@Body('refresh_token') token: string) {
    return this.tokens.revoke(token)
  }

  @Post('logout-all')
  @HttpCode(204)
  @UseGuards(JwtGuard)
  async logoutAll(@Claims('sub') subject: string) {
    await this.tokens.revokeAll(subject)
  }

  @Post('access-token')
  @HttpCode(200)
  async accessToken(@Body('subject') subject: string) {
    return { access_token: await this.tokens.issueAccessToken(subject) }
  }

  @Post('revoke')
  @HttpCode(204)
  revoke(@Body('access_token') token: string) {
    return this.tokens.revoke(token)
  }

  @Post('one-time-token')
  @HttpCode(200)
  async oneTimeToken(@Body('subject') subject: string) {
    return { one_time_token: await this.tokens.issueOneTimeToken('reset', subject, { expiresIn: '1h' }) }
  }

  @Post('consume')
  @HttpCode(204)
  async consume(@Body('one_time_token') token: string) {
    await this.tokens.consumeOneTimeToken('reset', token)
  }

  @Get('me')
  @UseGuards(JwtGuard)
  me(@Claims('sub') subject: string) {
    return { subject }
  }

  @Get('public')
  open() {
    return { open: true }
  }
}

@Module({
  imports: [
    JwtAuthModule.forRootAsync({
      imports: [DatabaseModule],
      sessionStore: {
        useFactory: (db: SessionsDatabase) => new SqlSessionStore({ db }),
        inject: [SessionsDatabase],
      },
      useFactory: () => ({
        secret: JWT_SECRET,
        sessions: { timeout: SESSIONS_TIMEOUT },
        refreshToken: { reuseGrace: '60s' },
      }),
    }),
  ],
  controllers: [TokensController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] })
await app.listen(0)
const server: Server = app.getHttpServer()
// A connection that is closed while a request is on its way would look like an outage.
server.keepAliveTimeout = 600_000
