import { Claims, CurrentIdentity, type JwtClaims } from '@nest-jwt-auth/core'
import { Controller, Get } from '@nestjs/common'
import type { User } from './user.js'

@Controller('me')
export class MeController {
  @Get()
  me(@CurrentIdentity() user: User): User {
    return user
  }

  /** What the caller's access token says: a page whose tokens are in cookies cannot read it there. */
  @Get('claims')
  claims(@Claims() claims: JwtClaims): JwtClaims {
    return claims
  }
}
