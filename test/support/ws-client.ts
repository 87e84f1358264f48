import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'

export interface Message {
  readonly event: string
  readonly data: unknown
}

/** The HTTP response to a handshake that was refused. */
export class HandshakeRefused extends Error {
  constructor(
    readonly status: number,
    readonly headers: IncomingHttpHeaders,
    readonly body: unknown,
  ) {
    super(`The handshake was refused with ${status}.`)
  }

  get errorCode(): string {
    return (this.body as { errorCode: string }).errorCode
  }
}

/** An open connection of `ws`. */
export class WsConnection {
  private readonly received: Message[] = []
  private readonly waiting: ((message: Message) => void)[] = []
  readonly closed: Promise<number>

  constructor(readonly socket: WebSocket) {
    this.closed = once(socket, 'close').then(([code]) => Number(code))
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString('utf8')) as Message
      const next = this.waiting.shift()
      if (next === undefined) this.received.push(message)
      else next(message)
    })
  }

  /** The next message of the server. */
  next(): Promise<Message> {
    const message = this.received.shift()
    return message === undefined
      ? new Promise((resolve) => this.waiting.push(resolve))
      : Promise.resolve(message)
  }

  ask(event: string, data: unknown = {}): Promise<Message> {
    this.socket.send(JSON.stringify({ event, data }))
    return this.next()
  }

  async close(): Promise<void> {
    this.socket.close()
    await this.closed
  }
}

export interface ConnectOptions {
  readonly path?: string
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string | string[]>>
  /** Over TLS, with any certificate. */
  readonly isSecure?: boolean | undefined
}

/** Resolves to an open connection, or rejects with a `HandshakeRefused`. */
export async function connectWs(port: number, options: ConnectOptions = {}): Promise<WsConnection> {
  const { path = '/', token, headers = {}, isSecure = false } = options
  const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const socket = new WebSocket(`${isSecure ? 'wss' : 'ws'}://127.0.0.1:${port}${path}`, {
    headers: { ...bearer, ...headers },
    rejectUnauthorized: false,
  })
  return new Promise((resolve, reject) => {
    const connection = new WsConnection(socket)
    socket.once('open', () => resolve(connection))
    socket.once('error', reject)
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      void readRefusal(response).then(reject, reject)
    })
  })
}

async function readRefusal(response: IncomingMessage): Promise<HandshakeRefused> {
  return new HandshakeRefused(response.statusCode ?? 0, response.headers, await readBody(response))
}

async function readBody(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
