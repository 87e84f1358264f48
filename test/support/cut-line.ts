import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Stands between clients and a server that others use too, and can cut the line between them. */
export class CutLine {
  private server: Server | undefined
  private readonly sockets = new Set<Socket>()
  private taken = 0

  constructor(private readonly target: { readonly host: string; readonly port: number }) {}

  /** The port that clients connect to. The same after each `join`. */
  get port(): number {
    return this.taken
  }

  async join(): Promise<void> {
    this.server = createServer((near) => {
      const far = connect(this.target)
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(from)
        from.pipe(to)
        from.on('error', () => to.destroy())
        from.on('close', () => {
          this.sockets.delete(from)
          to.destroy()
        })
      }
    })
    this.server.listen(this.taken, '127.0.0.1')
    await once(this.server, 'listening')
    this.taken = (this.server.address() as AddressInfo).port
  }

  /** Ends all connections, and takes no new ones. */
  async cut(): Promise<void> {
    const { server } = this
    if (server === undefined) return
    this.server = undefined
    const closed = once(server, 'close')
    server.close()
    for (const socket of this.sockets) socket.resetAndDestroy()
    await closed
  }
}
