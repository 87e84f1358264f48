import { Controller, type Type, UseGuards } from '@nestjs/common'
import { MessagePattern } from '@nestjs/microservices'
import { Claims, JwtGuard, Public, RequireScopes } from '@nest-jwt-auth/core'
import type { Reply } from '../driver.js'

/** The handlers of the table. Several runs share a broker, so the patterns of each begin with a name of its own. */
export function rpcHandlers(app: string): Type {
  @Controller()
  @UseGuards(JwtGuard)
  class RpcHandlers {
    @MessagePattern(`${app}.whoami`)
    whoami(@Claims('sub') sub: string): Reply {
      return { sub }
    }

    @MessagePattern(`${app}.remove`)
    @RequireScopes('items:delete')
    remove(@Claims('sub') sub: string): Reply {
      return { sub }
    }

    @MessagePattern(`${app}.open`)
    @Public()
    open(@Claims('sub') sub: string | undefined): Reply {
      return sub === undefined ? {} : { sub }
    }
  }
  return RpcHandlers
}
