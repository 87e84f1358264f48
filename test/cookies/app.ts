import {
  All,
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  Inject,
  Post,
  Res,
  UseGuards,
  type ModuleMetadata,
} from '@nestjs/common'
import {
  AuthCookies,
  Claims,
  InMemorySessionStore,
  JwtAuthModule,
  JwtGuard,
  OptionalAuth,
  TokenLocations,
  TokenService,
  UseRefreshToken,
  type CookiePair,
  type IssueOptions,
  type JwtAuthExtras,
  type JwtAuthOptions,
} from '@nest-jwt-auth/core'
import { startApp, type Adapter, type RunningApp, type StartOptions } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { Doorman, everyRoute } from '../endpoints/app.js'

export type Settings = Partial<JwtAuthOptions & JwtAuthExtras>

/** An app's own routes that put tokens into cookies and take them away. */
@Controller('own')
class OwnController {
  constructor(
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(AuthCookies) private readonly cookies: AuthCookies,
  ) {}

  @Post('login')
  @HttpCode(204)
  async login(@Res({ passthrough: true }) response: unknown, @Body() options?: IssueOptions) {
    this.cookies.set(response, await this.tokens.issue('ada', options))
  }

  /** An access token alone, with nothing said about how long it lives. */
  @Post('token')
  @HttpCode(204)
  async token(@Res({ passthrough: true }) response: unknown, @Body() options?: IssueOptions) {
    this.cookies.set(response, { access_token: await this.tokens.issueAccessToken('ada', options) })
  }

  /** A pair of another origin than `issue`. */
  @Post('pair')
  @HttpCode(204)
  pair(@Res({ passthrough: true }) response: unknown, @Body() pair: CookiePair) {
    this.cookies.set(response, pair)
  }

  @Post('themed')
  @HttpCode(204)
  @Header('Set-Cookie', 'theme=dark')
  async themed(@Res({ passthrough: true }) response: unknown) {
    await this.login(response)
  }

  @Post('logout')
  @HttpCode(204)
  logout(@Res({ passthrough: true }) response: unknown) {
    this.cookies.clear(response)
  }
}

@Controller('me')
@UseGuards(JwtGuard)
class MeController {
  @All()
  me(@Claims('sub') sub: string) {
    return { sub }
  }

  @All('optional')
  @OptionalAuth()
  optional(@Claims('sub') sub: string | undefined) {
    return { sub: sub ?? 'nobody' }
  }

  @All('by-cookie')
  @TokenLocations('cookie')
  byCookie(@Claims('sub') sub: string) {
    return { sub }
  }

  @All('by-header')
  @TokenLocations('header')
  byHeader(@Claims('sub') sub: string) {
    return { sub }
  }
}

@Controller('me/by-refresh')
class ByRefreshController {
  @Get()
  @UseRefreshToken()
  byRefresh(@Claims('sub') sub: string) {
    return { sub }
  }
}

/** Every ready-made route, routes of the app's own, and `/me`; tokens travel in cookies unless the settings say otherwise. */
export function cookieApp(settings: Settings = {}): ModuleMetadata {
  const endpoints =
    settings.refreshToken === false
      ? { authenticator: Doorman, login: true }
      : { authenticator: Doorman, ...everyRoute }
  const auth = JwtAuthModule.forRoot({
    secret: SECRET,
    sessionStore: InMemorySessionStore,
    locations: ['cookie'],
    endpoints,
    ...settings,
  })
  const controllers = [
    OwnController,
    MeController,
    ...(settings.refreshToken === false ? [] : [ByRefreshController]),
  ]
  return { imports: [auth], providers: [Doorman], controllers }
}

export function startCookies(
  adapter: Adapter,
  settings: Settings = {},
  options: StartOptions = {},
): Promise<RunningApp> {
  return startApp(adapter, cookieApp(settings), options)
}
