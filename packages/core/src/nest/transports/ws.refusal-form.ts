import type { ArgumentsHost } from '@nestjs/common'
import type { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { sendException } from '../sockets/socket-client.js'
import type { Call } from './call.js'
import type { RefusalForm } from './refusal-form.js'

/** What a client of a WebSocket receives for a refusal. */
export interface SocketRefusal {
  readonly status: number
  readonly errorCode: string
  readonly message: string
}

export function socketRefusal(error: JwtAuthError): SocketRefusal {
  const { statusCode, errorCode, message } = error.getResponse()
  return { status: statusCode, errorCode, message }
}

/**
 * A `WsException` with `{ status, errorCode, message }`, which Nest sends as the event `exception`. A client of socket.io
 * that waits for an acknowledgement is given the same object, so that it does not wait for ever.
 */
export class WsRefusalForm implements RefusalForm {
  async toThrow(error: JwtAuthError, { context }: Call): Promise<Error> {
    // Loaded here and not by an import of this file: only an app with gateways has the package.
    const { WsException } = await import('@nestjs/websockets')
    const refusal = socketRefusal(error)
    acknowledge(context, refusal)
    return new WsException(refusal)
  }

  answer(error: JwtAuthError, host: ArgumentsHost): void {
    const refusal = socketRefusal(error)
    acknowledge(host, refusal)
    sendException(host.getArgByIndex(0), refusal)
  }
}

function acknowledge(host: ArgumentsHost, refusal: SocketRefusal): void {
  const acknowledgement: unknown = host
    .getArgs<unknown[]>()
    .find((argument) => typeof argument === 'function')
  if (typeof acknowledgement === 'function') acknowledgement(refusal)
}
