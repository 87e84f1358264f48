import type { KeyNames } from './key-names.js'
import type { RedisClient, RedisCluster } from './redis-client.js'
import { textOf } from './replies.js'

/** The events of a client or cluster of the `redis` package that tell of a lost connection. */
const LOST = ['error', 'reconnecting', 'end', 'node-error', 'node-reconnecting', 'node-disconnect']

/**
 * Calls `forget` when the server says that a key which was read has changed (CLIENT TRACKING, RESP3), if the client has
 * that switched on by `clientSideCache` or `emitInvalidate`. After a lost connection, which may have missed some
 * messages, it calls `forget` for all.
 */
export function listenForChanges(
  client: RedisClient | RedisCluster,
  names: KeyNames,
  forget: (subject: string | undefined) => void,
): void {
  const onChange = (key: unknown): void => {
    const name = textOf(key)
    if (name === undefined) forget(undefined)
    else if (names.isOurs(name)) forget(names.subjectIn(name))
  }
  client.clientSideCache?.on('invalidate', onChange)
  client.on?.('invalidate', onChange)
  for (const event of LOST) client.on?.(event, () => forget(undefined))
}
