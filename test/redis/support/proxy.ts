import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { closeAtEnd } from './clients.js'

export interface Proxy {
  url: string
  /** From now on nothing comes through, either way, and nobody is told. */
  freeze(): void
  /** Closes all connections. */
  cut(): void
}

/** Stands between a client and a server. */
export async function startProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  }
  const server = createServer((incoming) => {
    const outgoing = keep(connect(target, '127.0.0.1'))
    keep(incoming).pipe(outgoing).pipe(incoming)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  closeAtEnd(() => {
    server.close()
    cut()
  })
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    freeze: () => {
      for (const socket of sockets) socket.unpipe().pause()
    },
    cut,
  }
}
