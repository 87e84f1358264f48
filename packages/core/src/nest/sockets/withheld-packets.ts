import type { ConnectionToken } from './connection.js'
import type { SocketIoClient } from './socket-client.js'

/** A packet of socket.io: the event, its arguments, and the offset that the adapter gave it. */
type Packet = readonly unknown[]

/** What an adapter of socket.io keeps of a connection that was lost. */
interface LostConnection {
  readonly data: unknown
  readonly missedPackets?: readonly Packet[]
}

interface Adapter {
  restoreSession?: (pid: string, offset: string) => Promise<LostConnection | null | undefined>
}

/** Who a connection belonged to. An anonymous one has no subject. */
interface Owner {
  readonly sub: string | undefined
  readonly sid: string | undefined
}

interface Recoverable {
  readonly owner: Owner
  readonly missed: readonly Packet[]
}

/**
 * With `connectionStateRecovery`, socket.io sends a client what it missed before any middleware is asked, and puts it into
 * its rooms again. Here the packets are withheld until the new handshake is accepted, and a connection is recovered only
 * for the subject and session that it had.
 */
export class WithheldPackets {
  private readonly adapters = new WeakSet()
  /** By the `data` of a client, which its adapter keeps for it. */
  private readonly owners = new WeakMap<object, Owner>()
  private readonly recoverable = new WeakMap<object, Recoverable>()

  /** `mayRecover`: whether middlewares are asked about a recovered connection before it is open. */
  constructor(private readonly mayRecover: boolean) {}

  withholdFrom(adapter: Adapter): void {
    const restore = adapter.restoreSession
    if (restore === undefined || this.adapters.has(adapter)) return
    this.adapters.add(adapter)
    adapter.restoreSession = async (pid, offset) => {
      const lost = await restore.call(adapter, pid, offset)
      const owner = isObject(lost?.data) ? this.owners.get(lost.data) : undefined
      if (!lost || owner === undefined || !this.mayRecover) return null
      this.recoverable.set(lost.data as object, { owner, missed: lost.missedPackets ?? [] })
      return { ...lost, missedPackets: [] }
    }
  }

  /** Whether a client with this token may have the state that was recovered for it. If not, the state is forgotten. */
  belongsTo(client: SocketIoClient, token: ConnectionToken | undefined): boolean {
    const found = this.recoverable.get(client.data)
    if (found === undefined) return true
    const { sub, sid } = ownerOf(token)
    if (found.owner.sub === sub && found.owner.sid === sid) return true
    this.recoverable.delete(client.data)
    this.owners.delete(client.data)
    return false
  }

  /** Sends what was withheld, once, and makes the connection recoverable for its owner. */
  deliver(client: SocketIoClient, token: ConnectionToken | undefined): void {
    const { missed = [] } = this.recoverable.get(client.data) ?? {}
    this.recoverable.delete(client.data)
    this.owners.set(client.data, ownerOf(token))
    // Each packet gets an offset again.
    for (const [event, ...args] of missed) client.emit(String(event), ...args.slice(0, -1))
  }
}

function ownerOf(token: ConnectionToken | undefined): Owner {
  return { sub: token?.verified.claims.sub, sid: token?.verified.claims.sid }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
