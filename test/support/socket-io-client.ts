import { afterEach } from '@jest/globals'
import { io, type Socket } from 'socket.io-client'
import type { Message } from './ws-client.js'

/** What `connect_error` tells of a connection that was refused. */
export class ConnectRefused extends Error {
  constructor(
    message: string,
    readonly data:
      { readonly status?: number; readonly errorCode?: string; readonly message?: string } | undefined,
  ) {
    super(message)
  }
}

export interface IoOptions {
  readonly namespace?: string
  readonly auth?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly query?: Readonly<Record<string, string>>
  readonly transports?: string[]
  readonly reconnection?: boolean
  /** Milliseconds. */
  readonly reconnectionDelay?: number
  readonly path?: string
  /** Over TLS, with any certificate. */
  readonly isSecure?: boolean | undefined
  /** `false`: namespaces share a connection. */
  readonly forceNew?: boolean
}

const open: Socket[] = []

afterEach(() => {
  for (const socket of open.splice(0)) socket.disconnect()
})

/** A client that has not connected yet. Disconnected by itself after each test. */
export function ioClient(port: number, options: IoOptions = {}): Socket {
  const { namespace = '/', auth = {}, headers = {}, query = {}, isSecure = false, ...rest } = options
  const socket = io(`${isSecure ? 'https' : 'http'}://127.0.0.1:${port}${namespace}`, {
    auth,
    query,
    // Its types know single values only; node:http sends an array as several headers.
    extraHeaders: headers as Record<string, string>,
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    rejectUnauthorized: false,
    ...rest,
  })
  open.push(socket)
  return socket
}

/** Resolves to a connected client, or rejects with a `ConnectRefused`. */
export function connectIo(port: number, options: IoOptions = {}): Promise<Socket> {
  return connected(ioClient(port, options))
}

export function connected(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket))
    socket.once('connect_error', (error: Error & { data?: ConnectRefused['data'] }) => {
      reject(new ConnectRefused(error.message, error.data))
    })
  })
}

/** Sends an event and resolves to the next event of the server. */
export function ask(socket: Socket, event: string, data: unknown = {}): Promise<Message> {
  const answered = nextEvent(socket)
  socket.emit(event, data)
  return answered
}

export function nextEvent(socket: Socket): Promise<Message> {
  return new Promise((resolve) => {
    const listener = (event: string, data: unknown): void => {
      socket.offAny(listener)
      resolve({ event, data })
    }
    socket.onAny(listener)
  })
}
