import type { Carrier } from '../../request/locate/carrier.js'
import { MAX_USER_AGENT } from '../filter/describe-request.js'
import { originOf, sentValues } from '../transports/http.js'
import type { SocketIoClient, UpgradeRequest } from './socket-client.js'

/** The request that opens a connection, as a carrier of tokens. No handler is called, so there is no context. */
export class Handshake implements Carrier<never> {
  declare readonly context: never
  readonly method = 'GET'
  readonly isOverUpgrade = true
  private constructor(
    /** Identifies the TCP connection, which several namespaces of socket.io share. */
    readonly networkConnection: object,
    /** Where it connects to: a path, or a namespace. */
    readonly target: string,
    private readonly request: UpgradeRequest,
    /** `handshake.auth` of socket.io: the token is its member `token`. */
    readonly body: unknown,
    readonly ip: string | undefined,
  ) {}

  static ofWs(request: UpgradeRequest): Handshake {
    const [path = ''] = (request.url ?? '').split('?')
    return new Handshake(request, path, request, undefined, request.socket?.remoteAddress)
  }

  static ofSocketIo({ request, handshake, nsp, conn }: SocketIoClient): Handshake {
    return new Handshake(conn, nsp.name, request, handshake.auth, handshake.address)
  }

  headerValues(name: string): readonly string[] {
    const { headers, rawHeaders = [] } = this.request
    const value = headers[name]
    if (value === undefined) return []
    const sent = sentValues(rawHeaders, name)
    if (sent.length > 1) return sent
    return typeof value === 'string' ? [value] : value
  }

  get ownOrigin(): string | undefined {
    const protocol = this.request.socket?.encrypted === true ? 'https' : 'http'
    const hosts = this.headerValues('host')
    return hosts.length === 1 ? originOf(protocol, hosts[0]) : undefined
  }

  get userAgent(): string | undefined {
    return this.headerValues('user-agent')[0]?.slice(0, MAX_USER_AGENT)
  }

  /** An access token in a URL gets into logs, so only tickets are read there. A repeated one is an array. */
  get query(): { readonly ticket?: string | readonly string[] } {
    const url = this.request.url ?? ''
    const at = url.indexOf('?')
    const tickets = at === -1 ? [] : new URLSearchParams(url.slice(at)).getAll('ticket')
    if (tickets.length > 1) return { ticket: tickets }
    return tickets[0] === undefined ? {} : { ticket: tickets[0] }
  }
}
