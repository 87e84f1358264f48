import type { INestApplication } from '@nestjs/common'
import { IoAdapter } from '@nestjs/platform-socket.io'
import { WsAdapter } from '@nestjs/platform-ws'

type Disconnect = Parameters<IoAdapter['bindClientDisconnect']>
type Messages = Parameters<IoAdapter['bindMessageHandlers']>

/** Gateways with a port are served by `ws`, the others by socket.io on the server of the app. */
export class BothWsAdapters extends IoAdapter {
  private readonly ws: WsAdapter

  constructor(app: INestApplication) {
    super(app)
    this.ws = new WsAdapter(app)
  }

  override create(...[port, options]: Parameters<IoAdapter['create']>): ReturnType<IoAdapter['create']> {
    return port === 0 ? super.create(port, options) : (this.ws.create(port, options ?? {}) as never)
  }

  override bindClientDisconnect(...[client, callback]: Disconnect): void {
    if (isOfWs(client)) this.ws.bindClientDisconnect(client as never, callback)
    else super.bindClientDisconnect(client, callback)
  }

  override bindMessageHandlers(...[client, handlers, transform]: Messages): void {
    if (isOfWs(client)) {
      this.ws.bindMessageHandlers(client as never, handlers, transform)
    } else super.bindMessageHandlers(client, handlers, transform)
  }

  override async close(server: Parameters<IoAdapter['close']>[0]): Promise<void> {
    if (isOfWs(server)) await this.ws.close(server as never)
    else await super.close(server)
  }
}

/** Nest loads a copy of the classes of its own. Only the clients and the servers of `ws` have these members. */
function isOfWs(value: object): boolean {
  return 'readyState' in value || 'handleUpgrade' in value
}
