import {
  Body,
  Controller,
  Get,
  HttpCode,
  Injectable,
  Module,
  Post,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common'
import {
  Claims,
  ClaimsLoader,
  JwtAuthModule,
  JwtGuard,
  TokenService,
  UseRefreshToken,
  type JwtClaims,
} from '@nest-jwt-auth/core'
import { SECRET } from '../../support/forge.js'

export interface Credentials {
  username: string
  password: string
}

/** `@jwt.additional_claims_loader`. */
@Injectable()
export class AdditionalClaims implements ClaimsLoader<string> {
  loadClaims(username: string) {
    return { aud: 'some_audience', foo: 'bar', upcase_name: username.toUpperCase() }
  }
}

@Controller('login')
export class LoginController {
  constructor(private readonly tokens: TokenService) {}

  @Post()
  @HttpCode(200)
  login(@Body() credentials: Credentials) {
    return this.tokens.issue(usernameOf(credentials))
  }

  /** `additional_claims=`: more claims, and others than the loader's. */
  @Post('partner')
  @HttpCode(200)
  loginPartner(@Body() credentials: Credentials) {
    const claims = { aud: 'partner_audience', foo: 'partner', contract: 7 }
    return this.tokens.issue(usernameOf(credentials), { claims })
  }
}

@Controller('protected')
@UseGuards(JwtGuard)
export class ProtectedController {
  @Get()
  foo(@Claims('foo') foo: unknown) {
    return { foo }
  }

  @Get('claims')
  claims(@Claims() claims: JwtClaims) {
    return claims
  }

  /** `@jwt_required(refresh=True)`. */
  @Get('refresh-claims')
  @UseRefreshToken()
  refreshClaims(@Claims() claims: JwtClaims) {
    return claims
  }
}

function usernameOf({ username, password }: Credentials): string {
  if (username !== 'test' || password !== 'test') throw new UnauthorizedException('Wrong name or password')
  return username
}

@Module({
  imports: [JwtAuthModule.forRoot({ secret: SECRET, claimsLoader: AdditionalClaims })],
  providers: [AdditionalClaims],
  controllers: [LoginController, ProtectedController],
})
export class AppModule {}
