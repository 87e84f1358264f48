import { type Connection, connectionOf, keepConnection } from './connection.js'
import { Handshake } from './handshake.js'
import type { SocketIoClient } from './socket-client.js'

type Next = (error?: Error) => void

/** What the library uses of a server or a namespace of socket.io. */
export interface SocketIoServer {
  use(middleware: (client: SocketIoClient, next: Next) => unknown): unknown
  prependListener(event: 'connection', listener: (client: SocketIoClient) => void): unknown
}

export interface SocketIoHandshakes {
  check(handshake: Handshake): Promise<Connection>
  /** What `connect_error` has as its `data`, after `check` has thrown. */
  refuse(error: unknown, handshake: Handshake): { readonly message: string }
  onConnected(client: SocketIoClient, connection: Connection): void
}

export function isSocketIoServer(server: object): server is SocketIoServer {
  const { use, prependListener } = server as Partial<Record<keyof SocketIoServer, unknown>>
  return typeof use === 'function' && typeof prependListener === 'function'
}

/** Checks each handshake after the middlewares of the app, and before the connection is open. */
export function protectSocketIo(server: SocketIoServer, handshakes: SocketIoHandshakes): void {
  const check = (client: SocketIoClient): Promise<Connection> =>
    keepConnection(client, handshakes.check(Handshake.ofSocketIo(client)))
  const enter = async (client: SocketIoClient): Promise<Error | undefined> => {
    try {
      await check(client)
      return undefined
    } catch (error) {
      const data = handshakes.refuse(error, Handshake.ofSocketIo(client))
      return Object.assign(new Error(data.message), { data })
    }
  }
  const connect = async (client: SocketIoClient): Promise<void> => {
    try {
      // `connectionStateRecovery` skips middlewares. Messages wait for this check, because they wait for the connection.
      handshakes.onConnected(client, await (connectionOf(client) ?? check(client)))
    } catch (error) {
      handshakes.refuse(error, Handshake.ofSocketIo(client))
      client.disconnect(true)
    }
  }
  server.use(async (client, next) => next(await enter(client)))
  server.prependListener('connection', (client) => void connect(client))
}
