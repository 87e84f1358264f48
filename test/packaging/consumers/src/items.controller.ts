import { Controller, Delete, Get, Param, UseGuards } from '@nestjs/common'
import {
  Claims,
  CurrentIdentity,
  JwtGuard,
  RequireClaims,
  TokenLocations,
  type JwtClaims,
} from '@nest-jwt-auth/core'
import type { User } from './users.js'

@Controller('items')
@UseGuards(JwtGuard)
export class ItemsController {
  @Get('mine')
  mine(@CurrentIdentity() user: User) {
    return { owner: user.name }
  }

  @Get('by-cookie')
  @TokenLocations('cookie')
  byCookie(@CurrentIdentity() user: User) {
    return { owner: user.name }
  }

  @Delete(':id')
  @RequireClaims({ is_admin: true })
  remove(@Param('id') id: string, @Claims() claims: JwtClaims) {
    return { deleted: id, by: claims.sub }
  }
}
