import { Injectable, UseGuards } from '@nestjs/common'
import type { OnGatewayInit } from '@nestjs/websockets'
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { Claims, JwtGuard, Public, RequireScopes } from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import type { Reply } from './driver.js'

const answer = (sub: string | undefined) => ({ event: 'answer', data: sub === undefined ? {} : { sub } })

/** The handlers of the table on a gateway to which clients without a token may connect. */
@WebSocketGateway()
@Injectable()
@UseGuards(JwtGuard)
export class TableGateway implements OnGatewayInit<object> {
  constructor(private readonly sockets: JwtSockets) {}

  afterInit(server: object): void {
    this.sockets.protect(server, { anonymous: true })
  }

  @SubscribeMessage('whoami')
  whoami(@Claims('sub') sub: string): { event: string; data: Reply } {
    return answer(sub)
  }

  @SubscribeMessage('remove')
  @RequireScopes('items:delete')
  remove(@Claims('sub') sub: string): { event: string; data: Reply } {
    return answer(sub)
  }

  @SubscribeMessage('open')
  @Public()
  open(@Claims('sub') sub: string | undefined): { event: string; data: Reply } {
    return answer(sub)
  }
}
