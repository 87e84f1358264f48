/** What the library uses of a client of `ws`. */
export interface WsClient {
  readonly readyState: number
  on(event: string, listener: (payload: never) => void): unknown
  send(data: string): void
  close(code: number, reason?: string): void
}

/** What the library uses of a client of socket.io. */
export interface SocketIoClient {
  readonly request: UpgradeRequest
  readonly handshake: { readonly auth: unknown; readonly address?: string }
  readonly nsp: { readonly name: string; readonly adapter: object }
  readonly data: object
  readonly conn: { close(): unknown }
  readonly connected: boolean
  once(event: string, listener: () => void): unknown
  emit(event: string, ...args: unknown[]): unknown
  disconnect(close?: boolean): unknown
}

/** What the library uses of the request that opened a connection: an `IncomingMessage` of node:http. */
export interface UpgradeRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly rawHeaders?: readonly string[]
  readonly url?: string | undefined
  readonly socket?: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean }
}

export type SocketClient = WsClient | SocketIoClient

const OPEN = 1

/** Both have `emit`, but that of `ws` reaches only listeners in this process. */
export function isWsClient(client: unknown): client is WsClient {
  if (typeof client !== 'object' || client === null) return false
  const { readyState, send } = client as Partial<Record<keyof WsClient, unknown>>
  return typeof readyState === 'number' && typeof send === 'function'
}

export function isSocketIoClient(client: unknown): client is SocketIoClient {
  if (typeof client !== 'object' || client === null) return false
  const { handshake, emit } = client as Partial<Record<keyof SocketIoClient, unknown>>
  return typeof handshake === 'object' && handshake !== null && typeof emit === 'function'
}

/** Sends the event `exception`, in the form in which Nest sends it. */
export function sendException(client: unknown, payload: unknown): void {
  if (isWsClient(client)) {
    if (client.readyState === OPEN) client.send(JSON.stringify({ event: 'exception', data: payload }))
  } else if (isSocketIoClient(client)) {
    client.emit('exception', payload)
  }
}
