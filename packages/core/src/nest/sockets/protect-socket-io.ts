import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { type Connection, connectionOf, keepConnection } from './connection.js'
import { Handshake } from './handshake.js'
import type { SocketIoClient } from './socket-client.js'
import { WithheldPackets } from './withheld-packets.js'

type Next = (error?: Error) => void

/** What the library uses of a namespace of socket.io. */
export interface Namespace {
  readonly adapter: object
  readonly server?: {
    readonly opts?: { readonly connectionStateRecovery?: Recovery | undefined }
    readonly sockets?: NamespaceEvents
  }
  use(middleware: (client: SocketIoClient, next: Next) => unknown): unknown
  prependListener(event: 'connection', listener: (client: SocketIoClient) => void): unknown
}

interface NamespaceEvents {
  on(event: 'new_namespace', listener: (namespace: NewNamespace) => void): unknown
}

interface NewNamespace {
  readonly adapter: object
  listeners(event: 'connection'): readonly unknown[]
}

interface Recovery {
  readonly skipMiddlewares?: boolean
}

export interface SocketIoHandshakes {
  check(handshake: Handshake): Promise<Connection>
  /** What `connect_error` has as its `data`, after `check` has thrown. */
  refuse(error: unknown, handshake: Handshake): { readonly message: string }
  onConnected(client: SocketIoClient, connection: Connection): void
  /** `connectionStateRecovery` skips middlewares, so it is switched off. */
  onRecoveryOff(): void
}

/** The namespace itself; of a server its main one, for which the server stands. `undefined` for other objects. */
export function namespaceOf(server: object): Namespace | undefined {
  const { adapter, use, prependListener } = server as Partial<Record<keyof Namespace, unknown>>
  if (typeof use !== 'function' || typeof prependListener !== 'function') return undefined
  // `adapter` is a method of a server, and an object in a namespace.
  return (typeof adapter === 'function' ? Reflect.get(server, 'sockets') : server) as Namespace
}

/** Checks each handshake after the middlewares of the app, and before the connection is open. */
export function protectSocketIo(namespace: Namespace, handshakes: SocketIoHandshakes): void {
  const recovery = namespace.server?.opts?.connectionStateRecovery
  const skips = recovery !== undefined && recovery.skipMiddlewares !== false
  if (skips) handshakes.onRecoveryOff()
  const withheld = new WithheldPackets(!skips)
  const check = async (client: SocketIoClient): Promise<Connection> => {
    // The app may have set another adapter after protect().
    withheld.withholdFrom(client.nsp.adapter)
    const connection = await handshakes.check(Handshake.ofSocketIo(client))
    if (withheld.belongsTo(client, connection.token)) return connection
    throw new JwtAuthError('token_claims_invalid', { reason: 'the lost connection was of another subject' })
  }
  const checked = (client: SocketIoClient): Promise<Connection> => keepConnection(client, check(client))
  const enter = async (client: SocketIoClient): Promise<Error | undefined> => {
    try {
      await checked(client)
      return undefined
    } catch (error) {
      const data = handshakes.refuse(error, Handshake.ofSocketIo(client))
      return Object.assign(new Error(data.message), { data })
    }
  }
  const connect = async (client: SocketIoClient): Promise<void> => {
    try {
      // If something skipped our middleware, messages still wait for this check, because they wait for the connection.
      const connection = await (connectionOf(client) ?? checked(client))
      withheld.deliver(client, connection.token)
      handshakes.onConnected(client, connection)
    } catch (error) {
      handshakes.refuse(error, Handshake.ofSocketIo(client))
      client.disconnect(true)
    }
  }
  namespace.use(async (client, next) => next(await enter(client)))
  const onConnection = (client: SocketIoClient): void => void connect(client)
  namespace.prependListener('connection', onConnection)
  withheld.withholdFrom(namespace.adapter)
  if (recovery === undefined) return
  // A dynamic namespace makes one with its listeners for the first client, and lets it recover before it asks a middleware.
  namespace.server?.sockets?.on('new_namespace', (made) => {
    if (made.listeners('connection').includes(onConnection)) withheld.withholdFrom(made.adapter)
  })
}
