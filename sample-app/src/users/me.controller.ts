import { Claims, CurrentIdentity, type JwtClaims } from '@nest-jwt-auth/core'
import { Controller, Get } from '@nestjs/common'
import type { User } from './user.js'

@Controller('me')
export class MeController {
  @Get()
  me(@CurrentIdentity() user: User): User {
    return user
  }

  /** The claims of the caller's access token. A page cannot read them itself when tokens are in cookies. */
  @Get('claims')
  claims(@Claims() claims: JwtClaims): JwtClaims {
    return claims
  }
}
