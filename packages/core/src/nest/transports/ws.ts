import type { ArgumentsHost, ExecutionContext } from '@nestjs/common'
import { type Connection, settledConnectionOf } from '../sockets/connection.js'
import { isSocketIoClient, isWsClient } from '../sockets/socket-client.js'
import type { Call, TransportName } from './call.js'

/** What the guard finds out about one message is kept on it. */
class MessageHolder {}

/** One message that a client sent over a WebSocket. Its token came with the handshake, so the message carries none. */
export class WsCall implements Call {
  readonly transport: TransportName = 'ws'
  readonly method = ''
  readonly ownOrigin = undefined
  readonly query = undefined
  readonly body = undefined

  constructor(
    readonly context: ExecutionContext,
    readonly client: object,
  ) {}

  /**
   * Nest gives the same array of arguments to the guards and interceptors of a message, but copies it for parameter
   * decorators. An object among the arguments is in all copies, so the holder is one of them. It goes before the last one,
   * because `getPattern()` reads the last one, and after the first one, the client.
   */
  get holder(): object {
    const args: unknown[] = this.context.getArgs()
    const known = args.find((argument) => argument instanceof MessageHolder)
    if (known !== undefined) return known
    const holder = new MessageHolder()
    args.splice(Math.max(args.length - 1, 1), 0, holder)
    return holder
  }

  headerValues(): readonly string[] {
    return []
  }

  get ip(): string | undefined {
    return this.connection?.ip
  }

  get userAgent(): string | undefined {
    return this.connection?.userAgent
  }

  private get connection(): Connection | undefined {
    return settledConnectionOf(this.client)
  }
}

/** The call of a context of the type `ws`; `undefined` if its client is neither one of `ws` nor one of socket.io. */
export function findWsCall(context: ArgumentsHost): WsCall | undefined {
  const client: unknown = context.getArgByIndex(0)
  return isWsClient(client) || isSocketIoClient(client)
    ? new WsCall(context as ExecutionContext, client)
    : undefined
}
