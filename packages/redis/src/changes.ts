import type { KeyNames } from './key-names.js'
import type { RedisClient, RedisCluster } from './redis-client.js'
import { textOf } from './replies.js'

/**
 * The events of a client or cluster of the `redis` package that tell of a lost connection, which may have missed messages,
 * and of the next one, on which records can be read again.
 */
const LOST = ['error', 'reconnecting', 'end', 'node-error', 'node-reconnecting', 'node-disconnect']
const BACK = ['ready', 'node-ready']

/**
 * Calls `forget` when the server says that a key which was read has changed (CLIENT TRACKING, RESP3), if the client has
 * that switched on by `clientSideCache` or `emitInvalidate`; around a lost connection, for all. Returns a function that
 * ends it; where the client does not say that tracking is on, adds no listeners and returns `undefined`.
 */
export function listenForChanges(
  client: RedisClient | RedisCluster,
  names: KeyNames,
  forget: (subject: string | undefined) => void,
): (() => void) | undefined {
  const { clientSideCache } = client
  if (clientSideCache === undefined && client.options?.emitInvalidate !== true) return undefined
  const onChange = (key: unknown): void => {
    const name = textOf(key)
    if (name === undefined) forget(undefined)
    else if (names.isOurs(name)) forget(names.subjectIn(name))
  }
  const onLost = (): void => forget(undefined)
  const listeners = [
    { source: clientSideCache, event: 'invalidate', listener: onChange },
    { source: client, event: 'invalidate', listener: onChange },
    ...[...LOST, ...BACK].map((event) => ({ source: client, event, listener: onLost })),
  ]
  for (const { source, event, listener } of listeners) source?.on?.(event, listener)
  return () => {
    for (const { source, event, listener } of listeners) source?.off?.(event, listener)
  }
}
