import { Controller, Delete, Get, Inject, Injectable, Module, UseGuards } from '@nestjs/common'
import {
  Claims,
  ClaimsLoader,
  CurrentIdentity,
  CurrentToken,
  IdentityLoader,
  JwtAuthContext,
  JwtAuthError,
  JwtAuthModule,
  JwtGuard,
  OptionalAuth,
  Public,
  RequireClaims,
  TokenService,
  type JwtClaims,
  type TokenPair,
} from '@nest-jwt-auth/core'
import type { User } from './register.js'

@Injectable()
export class AppClaimsLoader implements ClaimsLoader {
  loadClaims(user: User) {
    return { is_admin: user.role === 'admin', plan: 'pro' as const, roles: ['reader'] }
  }
}

@Injectable()
export class AsyncClaimsLoader implements ClaimsLoader {
  async loadClaims(user: User) {
    return Promise.resolve({ is_admin: user.id === 1 })
  }
}

@Injectable()
export class NoClaimsLoader implements ClaimsLoader {
  loadClaims() {
    return null
  }
}

@Injectable()
export class UserLoader implements IdentityLoader {
  async loadIdentity(claims: JwtClaims): Promise<User | null> {
    if (claims.sub === undefined) return null
    return Promise.resolve({
      id: Number(claims.sub),
      name: 'Ada',
      role: claims.is_admin ? 'admin' : 'member',
    })
  }
}

@Controller('items')
@UseGuards(JwtGuard)
export class ItemsController {
  constructor(
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(JwtAuthContext) private readonly context: JwtAuthContext,
  ) {}

  @Get()
  @OptionalAuth()
  list(@Claims() claims: JwtClaims | undefined, @CurrentToken() token: string | undefined) {
    return { admin: claims?.is_admin ?? false, token, plan: this.context.claims?.plan }
  }

  @Get('mine')
  mine(@CurrentIdentity() user: User, @CurrentIdentity('name') name: User['name']) {
    return { user, name }
  }

  @Delete()
  @RequireClaims({ is_admin: true })
  @RequireClaims({ plan: ['free', 'pro'], roles: 'editor' }, { message: 'Editors only.' })
  @RequireClaims({ level: (level) => level !== undefined && level > 3, sub: 'ada' })
  remove(@Claims('is_admin') admin: boolean, @Claims('sub') sub: string) {
    return { admin, sub }
  }

  @Public()
  @Get('login')
  async login(): Promise<TokenPair> {
    const user: User = { id: 1, name: 'Ada', role: 'admin' }
    await this.tokens.issueAccessToken(user)
    await this.tokens.issue(user, { claims: { is_admin: false }, expiresIn: '5m', audience: ['shop'] })
    const { claims } = await this.tokens.verify('token', { kind: 'access' })
    const admin: boolean | undefined = claims.is_admin
    return this.tokens.issue(user, { claims: { is_admin: admin ?? false } })
  }
}

export function isExpired(error: unknown): boolean {
  return error instanceof JwtAuthError && error.errorCode === 'token_expired'
}

@Module({
  imports: [
    JwtAuthModule.forRoot({
      secret: process.env['JWT_SECRET'],
      issuer: undefined,
      claimsLoader: AppClaimsLoader,
      identityLoader: UserLoader,
      subject: (user) => String(user.id),
      locations: ['header', { header: 'x-token', scheme: null }, () => undefined],
      refreshToken: false,
    }),
  ],
  controllers: [ItemsController],
  providers: [AppClaimsLoader, UserLoader],
})
export class AppModule {}

@Module({
  imports: [
    JwtAuthModule.forRootAsync({
      inject: ['CONFIG'],
      useFactory: async (config: { secret: string }) => Promise.resolve({ secret: config.secret }),
      claimsLoader: { useFactory: () => new AppClaimsLoader(), inject: [] },
      identityLoader: { useValue: new UserLoader() },
    }),
  ],
})
export class AsyncAppModule {}
