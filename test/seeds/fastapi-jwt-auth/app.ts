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
  AuthErrorPresenter,
  Claims,
  CurrentIdentity,
  JwtAuthModule,
  JwtGuard,
  RequireClaims,
  TokenService,
  UseRefreshToken,
  type JwtAuthError,
  type JwtAuthOptions,
  type JwtAuthOptionsFactory,
} from '@nest-jwt-auth/core'
import { SECRET } from '../../support/forge.js'

interface Credentials {
  username: string
  password: string
}

/** `@AuthJWT.load_config`. */
@Injectable()
export class Settings implements JwtAuthOptionsFactory {
  createJwtAuthOptions(): JwtAuthOptions {
    return { secret: SECRET, accessToken: { expiresIn: '15m' }, realm: 'fastapi' }
  }
}

/** `@app.exception_handler(AuthJWTException)`. */
@Injectable()
export class DetailPresenter implements AuthErrorPresenter {
  present(error: JwtAuthError) {
    return { status: error.getStatus(), body: { detail: error.message } }
  }
}

@Controller()
export class LoginController {
  constructor(private readonly tokens: TokenService) {}

  /** `create_access_token(subject=…, user_claims=…)`, and the same for the refresh token. */
  @Post('login')
  @HttpCode(200)
  login(@Body() { username, password }: Credentials) {
    if (username !== 'test' || password !== 'test') {
      throw new UnauthorizedException({ detail: 'Wrong name or password' })
    }
    return this.tokens.issue(username, { claims: { foo: ['fiz', 'baz'] } })
  }
}

@Controller()
@UseGuards(JwtGuard)
export class ProtectedController {
  /** `get_jwt_subject()`. */
  @Get('user')
  user(@CurrentIdentity() user: string) {
    return { user }
  }

  /** `get_raw_jwt()['foo']`. */
  @Get('claims')
  claims(@Claims('foo') foo: unknown) {
    return { foo }
  }

  @Get('claims/of-refresh')
  @UseRefreshToken()
  refreshClaims(@Claims('foo') foo: unknown) {
    return { foo }
  }

  @Get('claims/buz')
  @RequireClaims({ foo: 'buz' }, { message: 'Only for buz' })
  buz() {
    return { buz: true }
  }
}

@Module({
  imports: [JwtAuthModule.forRootAsync({ useClass: Settings })],
  providers: [{ provide: AuthErrorPresenter, useClass: DetailPresenter }],
  controllers: [LoginController, ProtectedController],
})
export class AppModule {}
