/** What the store asks of a client for one server; a `redis` client has it, and ioredis with one line. */
export interface RedisNode {
  /** One command, name first. Rejects with the server's error. */
  sendCommand(args: string[], options?: object): Promise<unknown>
}

/** A `redis` client, or anything that sends a command to where its key is. */
export interface RedisClient extends RedisNode {
  /** `false` while there is no connection. */
  readonly isReady?: boolean
  /** Where the client is an EventEmitter with RESP3 tracking on, `sessions.check: { maxStaleness }` hears of changes. */
  on?(event: string, listener: (...args: unknown[]) => void): unknown
  /** The client's own cache: only what it hears from the server is used. */
  readonly clientSideCache?:
    { on(event: string, listener: (...args: unknown[]) => void): unknown } | undefined
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

/** Commands of one key, each to the primary that has it. */
export interface RedisCommands {
  send(key: string, args: string[]): Promise<unknown>
  /** Every primary there is. */
  primaries(): Promise<readonly RedisNode[]>
  /** Whether the client itself finds out that a primary has become a replica. */
  readonly followsPrimaries: boolean
}

export function commandsOf(client: RedisClient | RedisCluster): RedisCommands {
  const pace = paceOf(client)
  if (!isCluster(client)) {
    return {
      send: (_key, args) => pace((options) => client.sendCommand(args, options)),
      primaries: () => Promise.resolve([client]),
      followsPrimaries: false,
    }
  }
  return {
    // Never read-only: with `useReplicas` such a command would go to a replica, which may be behind.
    send: (key, args) => pace((options) => client.sendCommand(key, false, args, options)),
    primaries: () => Promise.all(client.masters.map(async (master) => client.nodeClient(master as never))),
    followsPrimaries: true,
  }
}

/** How many commands may be under way before it looks as if nobody answered. */
const MANY = 1000

/**
 * Spares commands the client's timer where all goes well: who asks has one too. Where the connection is away, or
 * nothing comes back, the app's own settings decide how long commands stand in the client's queue.
 */
function paceOf(client: RedisClient | RedisCluster) {
  const noTimer = { timeout: undefined }
  let underWay = 0
  const settle = (): void => {
    underWay--
  }
  return (send: (options?: object) => Promise<unknown>): Promise<unknown> => {
    const isWell = underWay < MANY && client.isReady !== false
    const reply = isWell ? send(noTimer) : send()
    underWay++
    reply.then(settle, settle)
    return reply
  }
}

function isCluster(client: RedisClient | RedisCluster): client is RedisCluster {
  return 'masters' in client && 'nodeClient' in client
}
