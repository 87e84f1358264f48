import type { EndCode, OpenConnections } from '../../sessions/open-connections.js'
import { CLOSE_CODES } from './close-codes.js'
import type { Connection } from './connection.js'
import { isWsClient, type SocketClient } from './socket-client.js'

/** Closes a connection when its token ends. Stops watching it when it closes before that. */
export function endWithToken(
  client: SocketClient,
  connection: Connection,
  connections: OpenConnections,
  onEnd: (code: EndCode) => void,
): void {
  const { token } = connection
  if (token === undefined || isClosed(client)) return
  const registration = connections.add(token.verified, (code) => {
    onEnd(code)
    close(client, code)
  })
  connection.registration = registration
  if (isWsClient(client)) client.on('close', () => registration.remove())
  else client.once('disconnect', () => registration.remove())
}

/**
 * At `exp` the client is to come back with a new token, so socket.io closes the transport: its clients then connect again.
 * After a revocation it is to stay away, and they do not.
 */
function close(client: SocketClient, code: EndCode): void {
  if (isWsClient(client)) client.close(CLOSE_CODES[code], code)
  else if (code === 'token_expired') client.conn.close()
  else client.disconnect(true)
}

/** The handshake of a recovered connection is checked while it is open already. */
function isClosed(client: SocketClient): boolean {
  return !isWsClient(client) && !client.connected
}
