import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

const defaultPorts: Readonly<Record<string, number>> = {
  'postgres:': 5432,
  'postgresql:': 5432,
  'redis:': 6379,
}

/** The connection to a server, to be cut: whoever talks through it sees the server die. */
export class Wire {
  private readonly sockets = new Set<Socket>()
  private readonly server: Server
  private port = 0

  private constructor(readonly url: URL) {
    this.server = createServer((near) => {
      const far = connect(Number(url.port || defaultPorts[url.protocol]), url.hostname)
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(socket)
        socket.on('error', () => other.destroy())
        socket.on('close', () => other.destroy())
        socket.pipe(other)
      }
    })
  }

  static async to(server: string | undefined): Promise<Wire> {
    const wire = new Wire(new URL(String(server)))
    await wire.mend()
    return wire
  }

  /** The URL of the server at the other end. */
  get through(): string {
    const through = new URL(this.url)
    through.host = `127.0.0.1:${this.port}`
    return through.href
  }

  async cut(): Promise<void> {
    const closed = once(this.server, 'close')
    this.server.close()
    for (const socket of this.sockets) socket.destroy()
    this.sockets.clear()
    await closed
  }

  async mend(): Promise<void> {
    await once(this.server.listen(this.port, '127.0.0.1'), 'listening')
    this.port = (this.server.address() as AddressInfo).port
  }
}
