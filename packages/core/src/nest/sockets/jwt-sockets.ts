import { Inject, Injectable, Logger } from '@nestjs/common'
import type { DefaultAuthErrorPresenter } from '../../errors/auth-error-presenter.js'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { AuthEventEmitter } from '../../events/auth-event-emitter.js'
import { reportLegacyUse } from '../../issue/legacy-uses.js'
import type { WsTickets } from '../../issue/ws-tickets.js'
import type { OpenConnections } from '../../sessions/open-connections.js'
import type { SessionCheck } from '../../sessions/session-check.js'
import type { TokenVerifier } from '../../token/token-verifier.js'
import type { describeRequest } from '../filter/describe-request.js'
import type { RefusalReporter } from '../filter/refusal-reporter.js'
import { socketRefusal } from '../transports/ws.refusal-form.js'
import { type Connection, settledConnectionOf } from './connection.js'
import { endWithToken } from './end-with-token.js'
import type { Handshake } from './handshake.js'
import type { HandshakeChecker } from './handshake-checker.js'
import { namespaceOf, protectSocketIo } from './protect-socket-io.js'
import { type HandshakeAnswer, isWsServer, protectWs } from './protect-ws.js'
import type { SocketClient } from './socket-client.js'
import { renewConnection } from './renew-connection.js'

/** The second argument of `JwtSockets.protect`. */
export interface ProtectOptions {
  /**
   * Whether a client without a token may connect, for gateways with `@Public()` or `@OptionalAuth()` handlers. An invalid
   * token is refused all the same. Default `false`.
   */
  readonly anonymous?: boolean | undefined
}

/** The injection token of `JwtSocketsServices`. */
export const JWT_SOCKETS_SERVICES = Symbol('nest-jwt-auth:jwt-sockets-services')

export interface JwtSocketsServices {
  readonly handshakes: HandshakeChecker
  readonly verifier: TokenVerifier
  readonly sessions: SessionCheck
  /** `undefined` with `refreshToken: false`. */
  readonly tickets: WsTickets | undefined
  readonly presenter: DefaultAuthErrorPresenter
  readonly refusals: RefusalReporter
  readonly connections: OpenConnections
  readonly events: AuthEventEmitter
}

/** What is known of a protected server. */
interface Protection {
  mayBeAnonymous: boolean
}

/**
 * Protects the WebSocket servers of gateways, for socket.io 4 and `ws`. `JwtAuthModule` exports it. Inject it into the
 * gateway and call `protect(server)` in `afterInit(server)`.
 */
@Injectable()
export class JwtSockets {
  private readonly logger = new Logger('JwtAuth')
  private readonly protections = new WeakMap<object, Protection>()
  private isUsed = false

  constructor(@Inject(JWT_SOCKETS_SERVICES) private readonly services: JwtSocketsServices) {}

  /**
   * Checks the handshake of every connection to this server, or to this namespace of socket.io, before it is open. The
   * token is `handshake.auth.token` (socket.io), a ticket in the query, or in the module's `locations` as far as these are
   * headers and cookies. Refuses with an HTTP status and a challenge (`ws`) or a `connect_error` (socket.io). A server
   * that gateways share is protected once; clients must have a token if one of them requires it.
   */
  protect(server: object, { anonymous = false }: ProtectOptions = {}): void {
    const namespace = namespaceOf(server)
    const target = namespace ?? server
    const known = this.protections.get(target)
    if (known !== undefined) {
      known.mayBeAnonymous &&= anonymous
      return
    }
    const protection: Protection = { mayBeAnonymous: anonymous }
    const check = (handshake: Handshake) => this.check(handshake, protection.mayBeAnonymous)
    const onConnected = (client: SocketClient, connection: Connection) => this.watch(client, connection)
    if (isWsServer(server)) {
      protectWs(server, { check, onConnected, refuse: (error, handshake) => this.answer(error, handshake) })
    } else if (namespace !== undefined) {
      const refuse = (error: unknown, handshake: Handshake) => this.reportAndDescribe(error, handshake)
      protectSocketIo(namespace, { check, onConnected, refuse, onRecoveryOff: () => this.warnOfRecovery() })
    } else throw notAServer()
    this.protections.set(target, protection)
    this.isUsed = true
  }

  /** Whether any server is protected. */
  get hasProtected(): boolean {
    return this.isUsed
  }

  /**
   * A ticket for one connection: for clients that can send neither a header nor a cookie, such as `new WebSocket(url)` in a
   * page. It is valid once and for 30 seconds, in the query: `wss://…/?ticket=…`. `token` is an access token; the
   * connection has its claims, its session and its `exp`. Throws `token_*` or `store_unavailable`.
   */
  async ticket(token: string): Promise<string> {
    const { verifier, sessions, tickets, events } = this.services
    if (tickets === undefined) {
      throw new JwtAuthUsageError(
        'sessions_disabled',
        'Tickets need sessions, but the option `refreshToken: false` switches them off. Remove that option.',
      )
    }
    const live = await sessions.check(await verifier.verify(token, 'access'))
    reportLegacyUse(events, live)
    return tickets.issue(live)
  }

  /**
   * Replaces the token of an open connection, so that it is not closed at the `exp` of the old one. The new access token
   * must be of the same subject and session, and not expire earlier. Throws a `JwtAuthError`; the connection then keeps its token.
   */
  async renew(client: object, token: string): Promise<void> {
    const renewed = await renewConnection(client, token, this.services).catch((error: unknown) => {
      const { ip, userAgent } = settledConnectionOf(client) ?? {}
      if (error instanceof JwtAuthError) {
        this.services.refusals.reportAt(error, { transport: 'ws', route: 'renew', ip, userAgent })
      }
      throw error
    })
    if (renewed.token !== undefined) reportLegacyUse(this.services.events, renewed.token.verified)
  }

  private async check(handshake: Handshake, mayBeAnonymous: boolean): Promise<Connection> {
    const { handshakes, events } = this.services
    const connection = await handshakes.check(handshake, mayBeAnonymous)
    const { token } = connection
    if (token !== undefined) reportLegacyUse(events, token.verified, () => describeHandshake(handshake))
    return connection
  }

  private watch(client: SocketClient, connection: Connection): void {
    endWithToken(client, connection, this.services.connections, (code) => {
      this.logger.debug(`${code}, the WebSocket of ${connection.ip} is closed`)
    })
  }

  private warnOfRecovery(): void {
    this.logger.warn(
      '`connectionStateRecovery` skips middlewares, so connections to a protected server are not recovered. ' +
        'Set `connectionStateRecovery: { skipMiddlewares: false }`.',
    )
  }

  private answer(error: unknown, handshake: Handshake): HandshakeAnswer {
    this.reportAndDescribe(error, handshake)
    if (error instanceof JwtAuthError) return this.services.presenter.present(error)
    return { status: 500, body: { statusCode: 500, message: INTERNAL }, headers: {} }
  }

  /** The error for the client. A mistake of the app is logged, and the client does not learn about it. */
  private reportAndDescribe(error: unknown, handshake: Handshake): { readonly message: string } {
    if (error instanceof JwtAuthError) {
      this.services.refusals.reportAt(error, describeHandshake(handshake))
      return socketRefusal(error)
    }
    const stack = error instanceof Error ? error.stack : undefined
    this.logger.error('The handshake of a WebSocket could not be checked, so it is refused.', stack)
    return { status: 500, message: INTERNAL } as { readonly message: string }
  }
}

function describeHandshake({ ip, userAgent, target }: Handshake): ReturnType<typeof describeRequest> {
  return { transport: 'ws', route: `handshake ${target}`, ip, userAgent }
}

const INTERNAL = 'Internal server error'

function notAServer(): JwtAuthUsageError {
  return new JwtAuthUsageError(
    'options_invalid',
    'protect() needs the server that afterInit(server) of a gateway is given: a server of ws, or a server or namespace ' +
      'of socket.io.',
  )
}
