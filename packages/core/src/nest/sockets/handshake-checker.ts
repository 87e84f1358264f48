import type { ExecutionContext } from '@nestjs/common'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { WsTickets } from '../../issue/ws-tickets.js'
import { type AuthenticationServices, identify } from '../../request/authenticate.js'
import { checkCsrf, withoutCookie } from '../../request/csrf/check-csrf.js'
import type { ReadLocation } from '../../request/locate/locations.js'
import type { VerifiedToken } from '../../token/token-verifier.js'
import type { TokenLocation } from '../transports/token-location.js'
import type { Connection, ConnectionToken } from './connection.js'
import type { Handshake } from './handshake.js'

export interface HandshakeServices extends Pick<
  AuthenticationServices,
  'verifier' | 'csrf' | 'sessions' | 'identityLoader' | 'clock' | 'onPolicyError'
> {
  readonly locations: readonly ReadLocation<ExecutionContext>[]
  readonly toReadLocation: (location: TokenLocation) => ReadLocation<ExecutionContext>
  /** `undefined` for an app without sessions. */
  readonly tickets: WsTickets | undefined
  /** Whether cookies are among the locations of the module. */
  readonly usesCookies: boolean
}

/** Checks the request that opens a connection. Refuses with a `JwtAuthError`. */
export class HandshakeChecker {
  private readonly locations: readonly ReadLocation<never>[]
  private readonly readTicket: ReadLocation<never>
  /** Where a token may be, for log lines. */
  private readonly places: string
  /** By connection: all namespaces of one connection send the same ticket, which is used up by the first. */
  private readonly used = new WeakMap<object, Promise<VerifiedToken>>()

  constructor(private readonly services: HandshakeServices) {
    const { locations, toReadLocation } = services
    const ofRequest = locations.filter(({ needsContext }) => needsContext !== true)
    // What a client sets itself comes before what a browser adds.
    this.locations = [toReadLocation({ body: 'token' }), ...ofRequest]
    this.places = ['query ticket', 'auth.token of socket.io', ...ofRequest.map(({ place }) => place)].join(
      ', ',
    )
    this.readTicket = toReadLocation({ query: 'ticket' })
  }

  /** Finds out who connects. `mayBeAnonymous`: a handshake without any token is accepted. */
  async check(handshake: Handshake, mayBeAnonymous: boolean): Promise<Connection> {
    const token = (await this.byTicket(handshake)) ?? (await this.byAccessToken(handshake))
    if (token === undefined && !mayBeAnonymous) {
      throw new JwtAuthError('token_missing', { reason: `the handshake has no token in: ${this.places}` })
    }
    return { ip: handshake.ip, userAgent: handshake.userAgent, token }
  }

  private async byAccessToken(handshake: Handshake): Promise<ConnectionToken | undefined> {
    const caller = await identify(handshake, { locations: this.locations, kind: 'access' }, this.services)
    return caller && { text: caller.token, isTicket: false, verified: caller.live }
  }

  private async byTicket(handshake: Handshake): Promise<ConnectionToken | undefined> {
    const text = this.readTicket(handshake, 'access')
    if (text === undefined) return undefined
    const access = await (this.used.get(handshake.networkConnection) ?? this.use(text, handshake))
    await this.services.verifier.recheck(access)
    return { text, isTicket: true, verified: await this.services.sessions.check(withoutCookie(access)) }
  }

  private use(text: string, handshake: Handshake): Promise<VerifiedToken> {
    const using = this.takeTicket(text, handshake)
    this.used.set(handshake.networkConnection, using)
    using.catch(() => this.used.delete(handshake.networkConnection))
    return using
  }

  private async takeTicket(text: string, handshake: Handshake): Promise<VerifiedToken> {
    const { tickets, csrf, usesCookies } = this.services
    if (tickets === undefined) {
      throw new JwtAuthError('token_wrong_type', { reason: 'this app has no sessions, so it has no tickets' })
    }
    const ticket = await tickets.verify(text)
    // Where pages sign in by cookies, a page of another origin must not connect by a ticket either.
    const byPage = usesCookies && handshake.headerValues('origin').length > 0
    checkCsrf(ticket.oneTime, { token: text, byCookie: byPage }, handshake, csrf)
    await tickets.use(ticket)
    return ticket.access
  }
}
