import {
  AuthCookies,
  JwtAuthError,
  Public,
  type TokenPair,
  TokenResponse,
  TokenService,
} from '@nest-jwt-auth/core'
import { Body, ConflictException, Controller, Headers, Post, Res } from '@nestjs/common'
import { Settings } from '../settings.js'
import type { User } from '../users/user.js'
import { UsersService } from '../users/users.service.js'
import { Credentials, Registration } from './credentials.js'
import { describeDevice } from './device.js'

/** Registration and login are the app's own. Refresh, logout and sessions are the library's ready-made routes. */
@Public()
@Controller('auth')
export class AuthController {
  constructor(
    private readonly settings: Settings,
    private readonly users: UsersService,
    private readonly tokens: TokenService,
    private readonly cookies: AuthCookies,
  ) {}

  @Post('register')
  async register(@Body({ schema: Registration }) registration: Registration): Promise<User> {
    const user = await this.users.register(registration)
    if (!user) throw new ConflictException('username: is already taken')
    return user
  }

  @Post('login')
  @TokenResponse()
  async login(
    @Body({ schema: Credentials }) credentials: Credentials,
    @Headers('user-agent') userAgent: string | undefined,
    @Res({ passthrough: true }) response: object,
  ): Promise<TokenPair | { expires_in: number | undefined }> {
    const user = await this.users.authenticate(credentials)
    if (!user) throw new JwtAuthError('credentials_invalid')
    const metadata = { device: describeDevice(userAgent ?? '') }
    const pair = await this.tokens.issue(user, { session: { metadata } })
    if (this.settings.authMode === 'bearer') return pair
    this.cookies.set(response, pair)
    return { expires_in: pair.expires_in }
  }
}
