import type { IncomingMessage } from 'node:http'
import { type Connection, keepConnection } from './connection.js'
import { Handshake } from './handshake.js'
import { sendException, type UpgradeRequest, type WsClient } from './socket-client.js'

type Answer = (
  isAccepted: boolean,
  status?: number,
  body?: string,
  headers?: Readonly<Record<string, string>>,
) => void

interface HandshakeInfo {
  readonly req: UpgradeRequest
}

type VerifyClient = ((info: HandshakeInfo) => boolean) | ((info: HandshakeInfo, answer: Answer) => void)

/** What the library uses of a server of `ws`. */
export interface WsServer {
  readonly options: { verifyClient?: VerifyClient | null | undefined }
  prependListener(
    event: 'connection',
    listener: (client: WsClient, request: IncomingMessage) => void,
  ): unknown
}

/** How a refused handshake is answered. */
export interface HandshakeAnswer {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
}

export interface WsHandshakes {
  check(handshake: Handshake): Promise<Connection>
  /** The answer to a handshake for which `check` has thrown. */
  refuse(error: unknown, handshake: Handshake): HandshakeAnswer
  onConnected(client: WsClient, connection: Connection): void
}

export function isWsServer(server: object): server is WsServer {
  const { options, handleUpgrade } = server as {
    readonly options?: unknown
    readonly handleUpgrade?: unknown
  }
  return typeof options === 'object' && options !== null && typeof handleUpgrade === 'function'
}

/** Checks each handshake after the server's own `verifyClient`, and before the connection is open. */
export function protectWs(server: WsServer, handshakes: WsHandshakes): void {
  const own = server.options.verifyClient
  // `ws` clients do not keep the request that opened them.
  const accepted = new WeakMap<object, Connection>()
  const verifyOurs = async (request: UpgradeRequest, answer: Answer): Promise<void> => {
    const handshake = Handshake.ofWs(request)
    try {
      accepted.set(request, await handshakes.check(handshake))
    } catch (error) {
      const { status, body, headers } = handshakes.refuse(error, handshake)
      answer(false, status, JSON.stringify(body), { 'Content-Type': 'application/json', ...headers })
      return
    }
    answer(true)
  }
  server.options.verifyClient = (info: HandshakeInfo, answer: Answer) =>
    verifyOwn(own, info, (isAccepted, ...refusal) => {
      if (isAccepted) void verifyOurs(info.req, answer)
      else answer(false, ...refusal)
    })
  server.prependListener('connection', (client, request) => {
    const connection = accepted.get(request)
    if (connection === undefined) return client.close(1011)
    void keepConnection(client, Promise.resolve(connection))
    // Nest 11 emits refusals on the client object, which has no listener for them; Nest 12 sends them.
    client.on('exception', (payload) => sendException(client, payload))
    handshakes.onConnected(client, connection)
  })
}

/** `ws` tells the two kinds of functions apart by the number of their parameters. */
function verifyOwn(own: VerifyClient | null | undefined, info: HandshakeInfo, answer: Answer): void {
  if (own === null || own === undefined) answer(true)
  else if (own.length === 2) own(info, answer)
  else answer((own as (info: HandshakeInfo) => boolean)(info), 401)
}
