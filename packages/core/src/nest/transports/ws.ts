import type { ArgumentsHost, ExecutionContext } from '@nestjs/common'
import type { Connection } from '../sockets/connection.js'
import { settledConnectionOf } from '../sockets/connection.js'
import { isSocketIoClient, isWsClient } from '../sockets/socket-client.js'
import type { Call, TransportName } from './call.js'

/** Belongs to one message. */
class Message {}

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
   * decorators, so the holder is one of the arguments. It goes before the last one, which is the pattern.
   */
  get holder(): object {
    const args: unknown[] = this.context.getArgs()
    const known = args.find((argument) => argument instanceof Message)
    if (known !== undefined) return known
    const message = new Message()
    args.splice(Math.max(args.length - 1, 1), 0, message)
    return message
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
