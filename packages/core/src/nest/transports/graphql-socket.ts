import type { ExecutionContext } from '@nestjs/common'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { Call, TransportName } from './call.js'
import type { SocketSource } from './graphql-source.js'
import { asSent } from './as-sent.js'
import { type HttpRequest, originOf, sentValues } from './http.js'

/** The upgrade request of node:http, or the one that Fastify made of it. */
interface UpgradeRequest extends HttpRequest {
  readonly socket?: { readonly encrypted?: boolean; readonly remoteAddress?: string }
}

/** The operations that were executed with one GraphQL context. */
interface Operations {
  /** The request that was upgraded. */
  readonly request: object
  readonly holders: WeakMap<object, object>
}

/**
 * graphql-ws gives the same context to all events of an operation, and some apps give it to all operations of a
 * connection. The operation is part of the key, so each of them is verified when it comes, unless the app uses a parsed
 * document again: `docs/graphql.md` says what to write then.
 */
const OPERATIONS = new WeakMap<object, Operations>()

/**
 * The names of the parameters of a connection, by name in lower case. Kept, because a client can send millions of them once
 * and short operations for ever after. Values are not kept, because an app can replace them, such as a renewed token.
 */
const PARAMETER_NAMES = new WeakMap<object, ReadonlyMap<string, readonly string[]>>()

function namesOf(parameters: object, name: string): ReadonlySet<string> {
  const known = PARAMETER_NAMES.get(parameters) ?? readNames(parameters)
  PARAMETER_NAMES.set(parameters, known)
  return new Set([...(known.get(name) ?? []), name])
}

function readNames(parameters: object): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>()
  for (const key of Object.keys(parameters)) {
    const name = key.toLowerCase()
    const others = names.get(name)
    if (others === undefined) names.set(name, [key])
    else others.push(key)
  }
  return names
}

/**
 * One operation over a WebSocket: a subscription with all its events, or a query or mutation. The token is in the
 * parameters of the connection, or in a header or a cookie of the upgrade request.
 */
export class GraphqlSocketCall implements Call {
  readonly transport: TransportName = 'graphql'
  readonly isOverUpgrade = true
  readonly method = 'GET'
  /** A URL ends in logs, so no token is read from it. */
  readonly query = undefined
  readonly body = undefined

  private constructor(
    readonly context: ExecutionContext,
    readonly source: SocketSource,
    readonly holder: object,
    readonly isPart: boolean,
  ) {}

  /** `undefined` where the app gives one GraphQL context to several connections: it cannot be known which one this is. */
  static of(
    context: ExecutionContext,
    source: SocketSource,
    graphqlContext: object,
    operation: object,
    isPart: boolean,
  ): GraphqlSocketCall | undefined {
    const { request } = source
    const operations = OPERATIONS.get(graphqlContext) ?? { request, holders: new WeakMap() }
    if (operations.request !== request) return undefined
    OPERATIONS.set(graphqlContext, operations)
    const holder = operations.holders.get(operation) ?? {}
    operations.holders.set(operation, holder)
    return new GraphqlSocketCall(context, source, holder, isPart)
  }

  get request(): object {
    return this.source.target
  }

  /** As they were sent: Mercurius adds the parameters of the connection to the parsed headers. */
  headerValues(name: string): readonly string[] {
    const { request } = this.source
    const raw = (request.raw ?? request).rawHeaders
    if (raw !== undefined) return sentValues(raw, name)
    const value = request.headers[name]
    return typeof value === 'string' ? [value] : (value ?? [])
  }

  /** Clients write the names in any case. An empty value is none, unless there are several. */
  parameterValues(name: string): readonly string[] | undefined {
    const { parameters } = this.source
    if (typeof parameters !== 'object' || parameters === null) return undefined
    const values = [...namesOf(parameters, name)]
      .filter((key) => Object.hasOwn(parameters, key))
      .map((key): unknown => Reflect.get(parameters, key))
      .filter((value) => value !== undefined)
    if (values.every((value) => value === '')) return undefined
    if (values.every((value) => typeof value === 'string')) return values
    throw new JwtAuthError('token_malformed', { reason: `the connection parameter ${name} is not a string` })
  }

  get ownOrigin(): string | undefined {
    const { protocol, host, headers, socket }: UpgradeRequest = asSent(this.source.request)
    if (protocol !== undefined) return originOf(protocol, host)
    return originOf(socket?.encrypted === true ? 'https' : 'http', headers['host'] as string | undefined)
  }

  get ip(): string | undefined {
    const { ip, socket }: UpgradeRequest = asSent(this.source.request)
    return ip ?? socket?.remoteAddress
  }

  get userAgent(): string | undefined {
    return this.headerValues('user-agent')[0]
  }
}
