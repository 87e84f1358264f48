import { Logger } from '@nestjs/common'
import type { OpenConnections } from '../../sessions/open-connections.js'
import type { VerifiedToken } from '../../token/token-verifier.js'
import { CLOSE_CODES } from '../sockets/close-codes.js'
import type { Call } from './call.js'
import { GraphqlSocketCall } from './graphql-socket.js'
import type { SocketSource } from './graphql-source.js'

/** A WebSocket of the package `ws`. */
interface WebSocket {
  close(code: number, reason: string): void
}

/** The TCP socket that was upgraded. */
interface TcpSocket {
  readonly destroyed: boolean
  once(event: 'close', listener: () => void): unknown
  destroy(): unknown
}

/** Closes the WebSockets of GraphQL when a token that one of their operations was admitted with has ended. */
export class GraphqlConnections {
  private readonly logger = new Logger('JwtAuth')
  /** The tokens that each upgraded request is known to depend on. */
  private readonly known = new WeakMap<object, Set<string>>()

  constructor(private readonly connections: OpenConnections) {}

  /** Called with each operation that the guard has admitted. A connection is watched once for each token. */
  watch(call: Call, token: VerifiedToken): void {
    if (!(call instanceof GraphqlSocketCall)) return
    const { source } = call
    const { sub, sid, jti, exp } = token.claims
    const tokens = this.known.get(source.request) ?? new Set()
    // Tokens of other issuers can lack both `sid` and `jti`.
    const key = JSON.stringify([sub, sid, jti, exp])
    if (tokens.has(key)) return
    this.known.set(source.request, tokens.add(key))
    const tcpSocket = tcpSocketOf(source)
    // The client may have gone while the session was looked up.
    if (tcpSocket?.destroyed === true) return
    const connection = this.connections.add(token, (code) => {
      this.logger.debug(`${code}, the GraphQL WebSocket of ${call.ip} is closed`)
      const webSocket = findWebSocket(source)
      if (webSocket === undefined) tcpSocket?.destroy()
      else webSocket.close(CLOSE_CODES[code], code)
    })
    tcpSocket?.once('close', () => connection.remove())
  }
}

function tcpSocketOf({ request }: SocketSource): TcpSocket | undefined {
  return Reflect.get(request.raw ?? request, 'socket') as TcpSocket | undefined
}

/** Mercurius keeps the WebSocket to itself. The server of `@fastify/websocket` knows it by its TCP socket. */
function findWebSocket(source: SocketSource): WebSocket | undefined {
  if (isWebSocket(source.socket)) return source.socket
  const { websocketServer } = (source.app ?? {}) as { websocketServer?: { clients?: ReadonlySet<object> } }
  const tcpSocket = tcpSocketOf(source)
  return [...(websocketServer?.clients ?? [])].filter(isWebSocket).find((client) => {
    return tcpSocket !== undefined && Reflect.get(client, '_socket') === tcpSocket
  })
}

function isWebSocket(value: unknown): value is WebSocket {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'close') === 'function'
}
