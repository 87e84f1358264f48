import type { OriginCheckedToken } from '../../request/csrf/check-csrf.js'
import type { OpenConnection } from '../../sessions/open-connections.js'

/** What is kept of a connection from its handshake until it closes. */
export interface Connection {
  /** The address of the client, from the socket. */
  readonly ip: string | undefined
  readonly userAgent: string | undefined
  /** `undefined`: anonymous. */
  token: ConnectionToken | undefined
  /** By which `OpenConnections` knows it. Set when the connection has opened, if it has a token. */
  registration?: OpenConnection
}

/** The token that a connection was opened with, or was renewed with. */
export interface ConnectionToken {
  /** As it was sent: an access token, or a ticket. */
  readonly text: string
  readonly isTicket: boolean
  readonly verified: OriginCheckedToken
}

/** The connection is a property of the client, so it ends with it. */
const CONNECTION = Symbol('nest-jwt-auth:connection')

interface Kept {
  /** Of socket.io. */
  readonly handshake: unknown
  readonly checking: Promise<Connection>
  /** Set when the handshake has been accepted. */
  connection: Connection | undefined
}

interface Connected {
  [CONNECTION]?: Kept | undefined
}

/** The connection of a client whose handshake is being checked or was accepted. Rejects with the refusal. */
export function connectionOf(client: object): Promise<Connection> | undefined {
  return keptOf(client)?.checking
}

/** The connection of a client whose handshake was accepted. */
export function settledConnectionOf(client: object): Connection | undefined {
  return keptOf(client)?.connection
}

/** Keeps what a check of the handshake finds out. A refused handshake is forgotten, so that it can be tried again. */
export function keepConnection(client: object, checking: Promise<Connection>): Promise<Connection> {
  const kept: Kept = { handshake: handshakeOf(client), checking, connection: undefined }
  Object.defineProperty(client, CONNECTION, { value: kept, configurable: true, writable: true })
  checking.then(
    (connection) => (kept.connection = connection),
    () => ((client as Connected)[CONNECTION] = undefined),
  )
  return checking
}

/** A copy of a client with another handshake is another client. */
function keptOf(client: object): Kept | undefined {
  const kept = (client as Connected)[CONNECTION]
  return kept?.handshake === handshakeOf(client) ? kept : undefined
}

function handshakeOf(client: object): unknown {
  return Reflect.get(client, 'handshake')
}
