import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets'
import type { WebSocketServer } from 'ws'

/**
 * Tells every page on which somebody is signed in that the items have changed. A connection ends with the token that
 * opened it, and with the session.
 */
@WebSocketGateway({ path: '/items/live' })
export class ItemsGateway implements OnGatewayInit<WebSocketServer> {
  private server: WebSocketServer | undefined

  constructor(private readonly sockets: JwtSockets) {}

  afterInit(server: WebSocketServer): void {
    this.server = server
    this.sockets.protect(server)
  }

  tellOfChange(): void {
    for (const client of this.server?.clients ?? []) client.send('changed')
  }
}
