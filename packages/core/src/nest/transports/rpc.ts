import type { ArgumentsHost, ExecutionContext } from '@nestjs/common'
import type { Call, TransportName } from './call.js'
import { findMessage, type Message, stringsOf } from './message.js'

/**
 * A call by a message of a microservice: TCP, Redis, NATS, MQTT, RabbitMQ, Kafka or gRPC. A token travels in its
 * metadata only. Cookies, query and body do not exist there, so locations that name them find nothing.
 */
export class RpcCall implements Call {
  readonly transport: TransportName = 'rpc'
  readonly method = ''
  readonly ownOrigin = undefined
  readonly query = undefined
  readonly body = undefined

  constructor(
    readonly context: ExecutionContext,
    readonly message: Message,
  ) {}

  get holder(): object {
    return this.message.holder
  }

  /** Throws `token_malformed` for a value that is not a string. */
  headerValues(name: string): readonly string[] {
    return name === 'cookie' ? [] : stringsOf(name, this.message.values(name))
  }

  get ip(): string | undefined {
    return this.message.ip
  }

  get userAgent(): string | undefined {
    return this.message.userAgent
  }
}

/** The call of a context of the type `rpc`. A transport that is not known here, such as one of the app's own, has none. */
export function findRpcCall(context: ArgumentsHost): RpcCall | undefined {
  const message = findMessage(context.getArgs<unknown[]>())
  return message && new RpcCall(context as ExecutionContext, message)
}
