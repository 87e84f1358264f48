import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import { type AuthenticationServices, type Caller, callerOf } from '../../request/authenticate.js'
import type { RouteRules } from '../../request/policy/route-rules.js'
import type { WsCall } from '../transports/ws.js'
import { type Connection, connectionOf, type ConnectionToken, keepConnection } from './connection.js'
import { Handshake } from './handshake.js'
import type { HandshakeChecker } from './handshake-checker.js'
import { isSocketIoClient } from './socket-client.js'

/**
 * Finds out who sent a message: whoever opened the connection, if the token has not expired or been revoked since. The
 * rest of what was checked at the handshake cannot change.
 */
export class MessageAuthenticator {
  constructor(
    private readonly handshakes: HandshakeChecker,
    private readonly services: Pick<AuthenticationServices, 'verifier' | 'sessions' | 'identityLoader'>,
  ) {}

  /** `undefined`: the connection is anonymous. Throws `socket_not_protected`. */
  async identify(call: WsCall, { kind }: Pick<RouteRules, 'kind'>): Promise<Caller | undefined> {
    const { token } = await this.connectionFor(call)
    if (token === undefined) return undefined
    if (kind !== 'access') {
      throw new JwtAuthError('token_wrong_type', { reason: 'connections are opened with access tokens' })
    }
    await this.recheck(token)
    return callerOf(token.text, await this.services.sessions.check(token.verified), this.services)
  }

  private async recheck({ text, isTicket, verified }: ConnectionToken): Promise<void> {
    if (isTicket) await this.services.verifier.recheck(verified)
    else await this.services.verifier.verify(text, 'access')
  }

  private connectionFor({ client, context }: WsCall): Promise<Connection> {
    const known = connectionOf(client)
    if (known !== undefined) return known
    // A client of socket.io keeps its handshake, so it can still be checked when the first message arrives.
    if (isSocketIoClient(client)) {
      return keepConnection(client, this.handshakes.check(Handshake.ofSocketIo(client), true))
    }
    throw new JwtAuthUsageError(
      'socket_not_protected',
      `${context.getClass().name}.${context.getHandler().name} received a message on a connection whose handshake was ` +
        'not checked, so nobody knows who sent it, and it is refused. In afterInit(server) of the gateway, call ' +
        "protect(server) of JwtSockets from '@nest-jwt-auth/core/websockets'. If anybody may call the handler, " +
        'write @Public() on it.',
    )
  }
}
