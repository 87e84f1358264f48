import { NestFactory } from '@nestjs/core'
import { Clock, JwtAuthError, TokenService } from '@nest-jwt-auth/core'
import { createTestTokens, FakeClock } from '@nest-jwt-auth/core/testing'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { AppModule } from './app.module.js'
import { Users } from './users.js'

/** What only holds where all entry points of the library share one copy of every class. */
async function compare(): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false })
  const admin = app.get(Users).named('admin')
  if (!admin) throw new Error('There is no admin.')
  const test = createTestTokens(app)
  const tokens = app.get(TokenService)
  const { claims } = await tokens.verify(await test.accessToken(admin))
  const isAdmin: boolean = claims.is_admin // typed by the augmentation in register.ts
  const refusal: unknown = await tokens.verify(await test.expired(admin)).catch((error: unknown) => error)
  const refusedAt = refusal instanceof JwtAuthError ? refusal.errorCode : 'not a JwtAuthError'
  // The module provides it, and its entry point names it for the constructors of gateways.
  const hasSockets = app.get(JwtSockets, { strict: false }) instanceof JwtSockets
  console.log(
    JSON.stringify({ isFakeClockAClock: new FakeClock() instanceof Clock, isAdmin, refusedAt, hasSockets }),
  )
  await app.close()
}

void compare()
