import type { KeyNames } from './key-names.js'
import type { RedisClient, RedisCluster } from './redis-client.js'
import { textOf } from './replies.js'

/** What a client and a cluster of the `redis` package emit when a connection is no longer there. */
const LOST = ['error', 'reconnecting', 'end', 'node-error', 'node-reconnecting', 'node-disconnect']

/**
 * Has the server's word about keys that were read and have changed (CLIENT TRACKING, RESP3), where the client has it
 * on: by `clientSideCache`, or by `emitInvalidate`. A lost connection may have missed some, so then it is about all.
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
