import { Controller, Get, Injectable, Module, Post, UseGuards } from '@nestjs/common'
import { APP_GUARD, NestFactory } from '@nestjs/core'
import {
  type ClaimsLoader,
  type IdentityLoader,
  type IdentityLoaderContext,
  JwtAuthModule,
  type JwtClaims,
  JwtGuard,
  Public,
} from '@nest-jwt-auth/core'
import { SqlKeyStore, SqlSessionStore } from '@nest-jwt-auth/sql'
import { Kysely, SqliteDialect } from 'kysely'
import Sqlite from 'libsql'

const ISSUER = 'https://shop.example'

interface User {
  readonly id: number
  readonly role: string
}

@Injectable()
export class Users implements ClaimsLoader<User>, IdentityLoader<User> {
  loadClaims(user: User) {
    return { role: user.role }
  }

  loadIdentity({ iss, sub }: JwtClaims, { issuer }: IdentityLoaderContext): User | null {
    return iss === ISSUER && issuer === ISSUER && sub === '1' ? { id: 1, role: 'admin' } : null
  }
}

@Controller('items')
class ItemsController {
  @Get()
  @Public()
  list() {
    return []
  }

  @Get('mine')
  mine() {
    return []
  }
}

@Controller('admin')
class UnguardedController {
  @Post('purge')
  purge() {
    return {}
  }
}

@Controller('offers')
class OffersController {
  @Get(':id')
  @Public()
  read() {
    return {}
  }

  @Get('mine')
  @UseGuards(JwtGuard)
  mine() {
    return []
  }
}

const db = new Kysely({
  dialect: new SqliteDialect({
    database: () =>
      Promise.resolve(new Sqlite(process.env['DB_FILE'] ?? '/nowhere/shop.db', { timeout: 600_000 })),
  }),
})

const auth = JwtAuthModule.forRoot({
  keyRotation: { wrap: [{ id: '2026', secret: process.env['KEY_WRAP_SECRET'] ?? '' }] },
  keyStore: { useFactory: () => new SqlKeyStore({ db }) },
  sessionStore: { useFactory: () => new SqlSessionStore({ db }) },
  claimsLoader: Users,
  identityLoader: Users,
  issuer: ISSUER,
  audit: 'off',
})

// What an app does that a command must live with: it prints, and keeps the process alive.
console.log('The shop is loaded.')
setInterval(() => undefined, 60_000)

@Module({
  imports: [auth],
  controllers: [ItemsController],
  providers: [Users, { provide: APP_GUARD, useExisting: JwtGuard }],
})
export class AppModule {}

@Module({ imports: [auth], controllers: [ItemsController, UnguardedController], providers: [Users] })
export class UnguardedModule {}

/** Its public route takes the requests of the guarded one. */
@Module({ imports: [auth], controllers: [OffersController], providers: [Users] })
export class ShadowingModule {}

/** As `main.ts` makes it. */
export async function createApp() {
  const app = await NestFactory.create(AppModule, { abortOnError: false })
  app.setGlobalPrefix('api')
  return app
}
