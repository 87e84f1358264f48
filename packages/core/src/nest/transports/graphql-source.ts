import { type HttpRequest, isHttpRequest } from './http.js'

/** What drivers and apps put into the GraphQL context, as far as it is read here. Nothing of it can be relied on. */
export interface GraphqlContext {
  /** Apollo: the HTTP request; for operations over graphql-ws its `Context`. */
  readonly req?: unknown
  /** Mercurius, operations over a WebSocket: the upgrade request. */
  readonly request?: unknown
  /** Mercurius. */
  readonly reply?: unknown
  /** Mercurius: the payload of `connection_init`. */
  readonly _connectionInit?: unknown
  /** Mercurius: its instance of Fastify. */
  readonly app?: unknown
  /** graphql-ws, if an app passes its `Context` on. */
  readonly connectionParams?: unknown
  readonly extra?: unknown
  /** If an app puts the WebSocket there. */
  readonly socket?: unknown
}

/** An operation that came by an HTTP request. */
interface RequestSource {
  readonly isOverUpgrade: false
  readonly request: HttpRequest
  readonly reply: object | undefined
}

/** An operation that came over a WebSocket. */
export interface SocketSource {
  readonly isOverUpgrade: true
  /** The request that was upgraded. */
  readonly request: HttpRequest
  /** Where `auth` is set: the object that handlers find at the place of the HTTP request. */
  readonly target: object
  /** What the client sent when it opened the connection. */
  readonly parameters: unknown
  /** The WebSocket, if it is known. */
  readonly socket: unknown
  /** Mercurius: its instance of Fastify. */
  readonly app: unknown
}

/** Finds how an operation came. The first of these places that has a request decides. */
export function findGraphqlSource(context: GraphqlContext): RequestSource | SocketSource | undefined {
  const { reply, req, request } = context
  const ofReply: unknown = isObject(reply) ? Reflect.get(reply, 'request') : undefined
  if (isHttpRequest(ofReply)) return fromRequest(ofReply, context)
  if (isHttpRequest(req)) return fromRequest(req, context)
  if (isObject(req) && hasUpgradeRequest(req)) return fromGraphqlWs(req, req, context)
  if (isHttpRequest(request)) return fromRequest(request, context)
  return hasUpgradeRequest(context) ? fromGraphqlWs(context, context, context) : undefined
}

function fromRequest(request: HttpRequest, context: GraphqlContext): RequestSource | SocketSource {
  const { reply, app, socket, _connectionInit, connectionParams, extra } = context
  if (!isUpgrade(request)) {
    const isItsReply = isObject(reply) && Reflect.get(reply, 'request') === request
    return { isOverUpgrade: false, request, reply: isItsReply ? reply : undefined }
  }
  return {
    isOverUpgrade: true,
    request,
    target: request,
    parameters: _connectionInit ?? connectionParams,
    socket: socket ?? memberOf(extra, 'socket'),
    app,
  }
}

function fromGraphqlWs(
  { connectionParams, extra }: Pick<GraphqlContext, 'connectionParams'> & { readonly extra: GraphqlWsExtra },
  target: object,
  { app }: GraphqlContext,
): SocketSource {
  const { request, socket } = extra
  return { isOverUpgrade: true, request, target, parameters: connectionParams, socket, app }
}

/** `extra` of the `Context` of graphql-ws. */
interface GraphqlWsExtra {
  readonly request: HttpRequest
  readonly socket?: unknown
}

function hasUpgradeRequest(context: object): context is { readonly extra: GraphqlWsExtra } {
  return isHttpRequest(memberOf(Reflect.get(context, 'extra'), 'request'))
}

/**
 * Whether the request opened a WebSocket. Any client can send the header, so for a request of node:http only `upgrade`
 * counts: node:http sets it to `true` only where it hands the connection over. A request that an app has made itself is
 * known by the header alone.
 */
function isUpgrade(request: HttpRequest): boolean {
  const raw: HttpRequest['raw'] = request.raw ?? request
  if (raw.rawHeaders !== undefined) return raw.upgrade === true
  const { upgrade } = request.headers
  return typeof upgrade === 'string' && upgrade.toLowerCase() === 'websocket'
}

function memberOf(value: unknown, name: string): unknown {
  return isObject(value) ? Reflect.get(value, name) : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
