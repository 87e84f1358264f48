import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Injectable,
  Post,
  UnauthorizedException,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common'
import {
  Claims,
  ClaimsLoader,
  Clock,
  JwtAuthModule,
  RequireClaims,
  TokenService,
  type JwtClaims,
} from '@nest-jwt-auth/core'
import { SECRET } from '../../support/forge.js'

const HOUR = 3600

/** `@jwt.jwt_data_loader`: what it returns is the payload, and nothing else is in it. */
@Injectable()
export class JwtData implements ClaimsLoader<string> {
  constructor(@Inject(Clock) private readonly clock: Clock) {}

  loadClaims(identity: string) {
    const now = Math.floor(this.clock.now() / 1000)
    const roles = identity === 'admin' ? 'admin' : 'peasant'
    return { exp: now + HOUR, iat: now, nbf: now, sub: identity, roles }
  }
}

@Injectable()
export class WithoutExpiry implements ClaimsLoader<string> {
  loadClaims(identity: string) {
    return { sub: identity, roles: 'admin' }
  }
}

@Injectable()
export class WithoutSubject implements ClaimsLoader<string> {
  constructor(@Inject(Clock) private readonly clock: Clock) {}

  loadClaims() {
    return { exp: Math.floor(this.clock.now() / 1000) + HOUR, roles: 'admin' }
  }
}

@Controller()
export class AppController {
  constructor(private readonly tokens: TokenService) {}

  @Post('login')
  @HttpCode(200)
  async login(@Body() { username, password }: { username: string; password: string }) {
    if (password !== `${username}-password`) throw new UnauthorizedException('Wrong name or password')
    return { jwt: await this.tokens.issueAccessToken(username) }
  }

  @Get('protected')
  @RequireClaims({ roles: 'admin' }, { message: 'Permission denied' })
  read(@Claims() claims: JwtClaims) {
    return { msg: `Welcome, ${claims.sub}` }
  }
}

export function simpleApp(loader: Type<ClaimsLoader<string>> = JwtData): ModuleMetadata {
  return {
    imports: [
      JwtAuthModule.forRoot({
        secret: SECRET,
        claimsMode: 'replace',
        claimsLoader: loader,
        refreshToken: false,
      }),
    ],
    providers: [loader],
    controllers: [AppController],
  }
}
