import { Inject, Injectable, UseFilters } from '@nestjs/common'
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { JwtAuthErrorFilter, Public } from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'

/** Lets clients without a token try to renew. */
@WebSocketGateway()
@UseFilters(JwtAuthErrorFilter)
@Injectable()
export class AnonymousRenewGateway {
  constructor(@Inject(JwtSockets) private readonly sockets: JwtSockets) {}

  afterInit(server: object): void {
    this.sockets.protect(server, { anonymous: true })
  }

  @SubscribeMessage('login')
  @Public()
  async login(@ConnectedSocket() client: object, @MessageBody('token') token: string) {
    await this.sockets.renew(client, token)
    return { event: 'answer', data: {} }
  }
}
