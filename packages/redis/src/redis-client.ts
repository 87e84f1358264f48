/** What the store needs of a client for one server. A `redis` client has it; the README shows the line for ioredis. */
export interface RedisNode {
  /** One command, name first. Rejects with the server's error. */
  sendCommand(args: string[], options?: object): Promise<unknown>
}

/** A `redis` client, or anything that sends a command to where its key is. */
export interface RedisClient extends RedisNode {
  /** `false` while there is no connection. Commands are then refused, so that none waits in the client's queue. */
  readonly isReady?: boolean
  /** With RESP3 tracking on, its `invalidate` events tell `sessions.check: { maxStaleness }` of changes. */
  on?(event: string, listener: (...args: unknown[]) => void): unknown
  off?(event: string, listener: (...args: unknown[]) => void): unknown
  /** Whether tracking is on; with `clientSideCache` it is too. */
  readonly options?: { readonly emitInvalidate?: boolean | undefined } | undefined
  /** The client's own cache. Only its `invalidate` events are used, never its content. */
  readonly clientSideCache?: Pick<RedisClient, 'on' | 'off'> | undefined
}

/** A cluster of the `redis` package. */
export interface RedisCluster extends Omit<RedisClient, 'sendCommand'> {
  sendCommand(
    firstKey: string | undefined,
    isReadonly: boolean | undefined,
    args: string[],
    options?: object,
  ): Promise<unknown>
  readonly masters: readonly object[]
  nodeClient(node: never): RedisNode | Promise<RedisNode>
}

/** Sends each command to the primary that holds its key. */
export interface RedisCommands {
  /** `true` also if the client does not tell. */
  readonly isConnected: boolean
  /** Rejects immediately while there is no connection. */
  send(key: string, args: string[]): Promise<unknown>
  /** All primaries. Rejects while a cluster is not connected. */
  primaries(): Promise<readonly RedisNode[]>
  /** Whether the client itself finds out that a primary has become a replica. */
  readonly followsPrimaries: boolean
}

export function commandsOf(client: RedisClient | RedisCluster): RedisCommands {
  const pace = paceOf(client)
  if (!isCluster(client)) {
    return {
      get isConnected() {
        return client.isReady !== false
      },
      send: (_key, args) => pace((options) => client.sendCommand(args, options)),
      primaries: () => Promise.resolve([client]),
      followsPrimaries: false,
    }
  }
  return {
    get isConnected() {
      return client.isReady !== false
    },
    // Never read-only: with `useReplicas` such a command would go to a replica, which may be behind.
    send: (key, args) => pace((options) => client.sendCommand(key, false, args, options)),
    primaries: async () => {
      // The client knows of none before connect() has resolved.
      if (client.masters.length === 0) throw new Error('The cluster is not connected.')
      return Promise.all(client.masters.map(async (master) => client.nodeClient(master as never)))
    },
    followsPrimaries: true,
  }
}

/** If more commands than this wait for a reply, the server probably hangs. */
const MANY = 1000

/** A command that waited in the client's queue would be done after its caller was told that it failed. */
export function notConnected(): Error {
  return new Error('There is no connection to Redis.')
}

/**
 * Normally sends commands without the client's own timer, because the caller of the store has one. While the server
 * hangs, the app's settings decide how long commands stay in the client's queue.
 */
function paceOf(client: RedisClient | RedisCluster) {
  const noTimer = { timeout: undefined }
  let pending = 0
  const settled = (): void => {
    pending--
  }
  return (send: (options?: object) => Promise<unknown>): Promise<unknown> => {
    if (client.isReady === false) return Promise.reject(notConnected())
    const reply = pending < MANY ? send(noTimer) : send()
    pending++
    reply.then(settled, settled)
    return reply
  }
}

function isCluster(client: RedisClient | RedisCluster): client is RedisCluster {
  return 'masters' in client && 'nodeClient' in client
}
