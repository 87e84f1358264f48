import { Claims, CurrentIdentity, Public, RequireFresh, TokenService } from '@nest-jwt-auth/core'
import { Body, Controller, HttpCode, Logger, Post, Put } from '@nestjs/common'
import type { User } from '../users/user.js'
import { UsersService } from '../users/users.service.js'
import { ForgottenPassword, NewPassword, PasswordReset } from './credentials.js'
import { Mailer } from './mailer.js'

const PURPOSE = 'password-reset'

/** Two ways to a new password. Both sign the user out on other devices, since somebody may know the old password. */
@Controller('auth/password')
export class PasswordController {
  private readonly logger = new Logger(PasswordController.name)

  constructor(
    private readonly users: UsersService,
    private readonly tokens: TokenService,
    private readonly mailer: Mailer,
  ) {}

  /** Needs a login of the last ten minutes: to find a device unlocked is not enough. */
  @Put()
  @RequireFresh('10m')
  @HttpCode(204)
  async change(
    @Body({ schema: NewPassword }) { password }: NewPassword,
    @CurrentIdentity() user: User,
    @Claims('sid') sessionId: string,
  ): Promise<void> {
    await this.users.setPassword(user.id, password)
    await this.tokens.revokeAll(user.id, { except: sessionId })
  }

  /** Answers before the user is looked up, so that neither answer nor response time tells which users exist. */
  @Post('forgotten')
  @Public()
  @HttpCode(202)
  forgotten(@Body({ schema: ForgottenPassword }) { username }: ForgottenPassword): void {
    this.sendToken(username).catch((error: unknown) => this.logger.error(error))
  }

  /** The token is accepted once, and never as an access token. */
  @Post('reset')
  @Public()
  @HttpCode(204)
  async reset(@Body({ schema: PasswordReset }) { token, password }: PasswordReset): Promise<void> {
    const { claims } = await this.tokens.consumeOneTimeToken(PURPOSE, token)
    await this.users.setPassword(Number(claims.sub), password)
    await this.tokens.revokeAll(claims.sub)
  }

  private async sendToken(username: string): Promise<void> {
    const user = await this.users.findByName(username)
    if (!user) return
    const token = await this.tokens.issueOneTimeToken(PURPOSE, user, { expiresIn: '15m' })
    await this.mailer.send({ to: user.username, subject: 'Your new password', text: token })
  }
}
