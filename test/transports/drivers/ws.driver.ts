import type { WebSocketAdapter } from '@nestjs/common'
import type { INestApplication } from '@nestjs/common'
import { IoAdapter } from '@nestjs/platform-socket.io'
import { WsAdapter } from '@nestjs/platform-ws'
import { JwtAuthModule } from '@nest-jwt-auth/core'
import { adapters, startApp } from '../../support/adapters.js'
import { ask, ConnectRefused, connectIo } from '../../support/socket-io-client.js'
import { connectWs, HandshakeRefused, type Message } from '../../support/ws-client.js'
import type { HandlerName, Reply, TransportDriver } from './driver.js'
import { TableGateway } from './ws-handlers.js'

interface Client {
  readonly name: string
  readonly adapter: (app: INestApplication) => WebSocketAdapter
  readonly call: (port: number, handler: HandlerName, token: string | undefined) => Promise<Message>
  /** The reply where the handshake was refused. */
  readonly refusal: (error: unknown) => Reply | undefined
}

const clients: readonly Client[] = [
  {
    name: 'ws',
    adapter: (app) => new WsAdapter(app),
    call: async (port, handler, token) => {
      const connection = await connectWs(port, { token })
      const answer = await connection.ask(handler)
      await connection.close()
      return answer
    },
    refusal: (error) =>
      error instanceof HandshakeRefused ? { status: error.status, errorCode: error.errorCode } : undefined,
  },
  {
    name: 'socket.io',
    adapter: (app) => new IoAdapter(app),
    call: async (port, handler, token) => ask(await connectIo(port, { auth: { token } }), handler),
    refusal: (error) => (error instanceof ConnectRefused ? replyOf(error.data) : undefined),
  },
]

const wsDriver = ({ name, adapter, call, refusal }: Client): TransportDriver => ({
  name: `WebSocket, ${name}`,
  async start(options) {
    const app = await startApp(
      express,
      { imports: [JwtAuthModule.forRoot(options)], providers: [TableGateway] },
      { configure: (nest) => nest.useWebSocketAdapter(adapter(nest)) },
    )
    return {
      app: app.nest,
      call: async (handler, token): Promise<Reply> => {
        try {
          const { event, data } = await call(app.port, handler, token)
          return event === 'exception' ? replyOf(data) : (data as Reply)
        } catch (error) {
          const reply = refusal(error)
          if (reply === undefined) throw error
          return reply
        }
      },
      close: () => app.nest.close(),
    }
  },
})

const [express] = adapters as [(typeof adapters)[0]]

function replyOf(refusal: unknown): Reply {
  const { status, errorCode } = refusal as { readonly status: number; readonly errorCode: string }
  return { status, errorCode }
}

export const wsDrivers: readonly TransportDriver[] = clients.map(wsDriver)
