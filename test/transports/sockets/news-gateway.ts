import { Inject, Injectable, UseGuards } from '@nestjs/common'
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { Claims, JwtGuard, Public } from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'

/** A protected namespace of socket.io. */
@WebSocketGateway({ namespace: 'news' })
@UseGuards(JwtGuard)
@Injectable()
export class NewsGateway {
  constructor(@Inject(JwtSockets) private readonly sockets: JwtSockets) {}

  afterInit(server: object): void {
    this.sockets.protect(server)
  }

  @SubscribeMessage('whoami')
  whoami(@Claims('sub') sub: string) {
    return { event: 'news', data: { sub } }
  }
}

/** A gateway that nobody protected. */
@WebSocketGateway({ path: '/bare' })
@UseGuards(JwtGuard)
@Injectable()
export class BareGateway {
  @SubscribeMessage('whoami')
  whoami(@Claims('sub') sub: string) {
    return { event: 'answer', data: { sub } }
  }

  @SubscribeMessage('open')
  @Public()
  open() {
    return { event: 'answer', data: { open: true } }
  }
}
