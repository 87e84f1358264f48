import { expect } from '@jest/globals'
import type { INestApplication, ModuleMetadata, WebSocketAdapter } from '@nestjs/common'
import { IoAdapter } from '@nestjs/platform-socket.io'
import { WsAdapter } from '@nestjs/platform-ws'
import { JwtAuthModule, type JwtAuthExtras, type JwtAuthOptions } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, type RunningApp, startApp, type StartOptions } from '../../support/adapters.js'
import { SECRET } from '../../support/forge.js'
import { ask, ConnectRefused, connectIo, nextEvent } from '../../support/socket-io-client.js'
import { connectWs, HandshakeRefused, type Message } from '../../support/ws-client.js'

/** How a client presents itself. */
export interface Credentials {
  /** Where each kind of client sends it usually: a header with `ws`, `auth.token` with socket.io. */
  readonly token?: string | undefined
  readonly ticket?: string | undefined
  readonly query?: Readonly<Record<string, string>>
  /** An array is sent as several headers of that name. */
  readonly headers?: Readonly<Record<string, string | string[]>>
  /** Over TLS. */
  readonly isSecure?: boolean | undefined
}

export interface Client {
  ask(event: string, data?: unknown): Promise<Message>
  next(): Promise<Message>
  send(event: string, data?: unknown): void
  close(): Promise<void>
  /** How the server closed it: the code with `ws`, the reason with socket.io. */
  readonly closed: Promise<number | string>
}

export interface Refused {
  readonly status: number | undefined
  readonly errorCode: string | undefined
}

/** The same tests run over both kinds of servers. */
export interface SocketKind {
  readonly name: 'ws' | 'socket.io'
  readonly adapter: (app: INestApplication) => WebSocketAdapter
  readonly connect: (app: RunningApp, credentials?: Credentials) => Promise<Client>
  /** How a client is closed so that it comes back, and so that it stays away. */
  readonly comesBack: number | string
  readonly staysAway: number | string
}

const queryOf = ({ query = {}, ticket }: Credentials) => (ticket === undefined ? query : { ...query, ticket })

const ws: SocketKind = {
  name: 'ws',
  adapter: (app) => new WsAdapter(app),
  comesBack: 4403,
  staysAway: 4401,
  connect: async ({ port }, credentials = {}) => {
    const { token, headers = {}, isSecure } = credentials
    const path = `/?${new URLSearchParams(queryOf(credentials)).toString()}`
    const connection = await connectWs(port, { path, token, headers, isSecure })
    return {
      ask: (event, data) => connection.ask(event, data),
      next: () => connection.next(),
      send: (event, data) => connection.socket.send(JSON.stringify({ event, data })),
      close: () => connection.close(),
      closed: connection.closed,
    }
  },
}

const socketIo: SocketKind = {
  name: 'socket.io',
  adapter: (app) => new IoAdapter(app),
  comesBack: 'transport close',
  staysAway: 'io server disconnect',
  connect: async ({ port }, credentials = {}) => {
    const { token, headers = {}, isSecure } = credentials
    const socket = await connectIo(port, { auth: { token }, headers, query: queryOf(credentials), isSecure })
    return {
      ask: (event, data) => ask(socket, event, data),
      next: () => nextEvent(socket),
      send: (event, data) => void socket.emit(event, data),
      close: () => Promise.resolve(void socket.disconnect()),
      closed: new Promise((resolve) => socket.once('disconnect', resolve)),
    }
  },
}

export const kinds: readonly SocketKind[] = [ws, socketIo]

/** What a client is told whose handshake is refused; fails where it was accepted. */
export async function refusalOf(connecting: Promise<Client>): Promise<Refused> {
  try {
    await connecting
  } catch (error) {
    if (error instanceof HandshakeRefused) return { status: error.status, errorCode: error.errorCode }
    if (error instanceof ConnectRefused) {
      return { status: error.data?.status, errorCode: error.data?.errorCode }
    }
    throw error
  }
  throw new Error('The handshake was accepted.')
}

export const refused = (status: number, errorCode: string): Refused => ({ status, errorCode })

/** The event of a message that was refused. */
export const exception = (status: number, errorCode: string) => ({
  event: 'exception',
  data: { status, errorCode, message: expect.any(String) },
})

const [express] = adapters as [(typeof adapters)[0]]

export interface SocketApp extends RunningApp {
  readonly clock: FakeClock
}

/** An app with gateways, on a clock that stands still. */
export async function startSockets(
  kind: SocketKind,
  providers: NonNullable<ModuleMetadata['providers']>,
  options: Partial<JwtAuthOptions & JwtAuthExtras> = {},
  more: StartOptions = {},
): Promise<SocketApp> {
  const clock = new FakeClock()
  const app = await startApp(
    express,
    { imports: [JwtAuthModule.forRoot({ secret: SECRET, ...options })], providers },
    { clock, ...more, configure: (nest) => nest.useWebSocketAdapter(kind.adapter(nest)) },
  )
  return Object.assign(app, { clock })
}
