import { Body, Controller, Delete, HttpCode, Post, Res, UnauthorizedException } from '@nestjs/common'
import { AuthCookies, TokenService } from '@nest-jwt-auth/core'
import { Users } from './users.js'

class Credentials {
  name!: string
}

@Controller('auth')
export class AuthController {
  constructor(
    private readonly tokens: TokenService,
    private readonly users: Users,
    private readonly authCookies: AuthCookies,
  ) {}

  @Post('login')
  @HttpCode(200)
  async login(@Body() { name }: Credentials) {
    const user = this.users.named(name)
    if (!user) throw new UnauthorizedException()
    return this.tokens.issue(user)
  }

  @Post('cookies')
  @HttpCode(204)
  async setCookies(@Body() body: Credentials, @Res({ passthrough: true }) response: object) {
    this.authCookies.set(response, await this.login(body))
  }

  @Delete('cookies')
  @HttpCode(204)
  clearCookies(@Res({ passthrough: true }) response: object) {
    this.authCookies.clear(response)
  }
}
