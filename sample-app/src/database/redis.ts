import { Logger } from '@nestjs/common'
import { createClient } from 'redis'
import { StartError } from '../errors.js'
import type { Settings } from '../settings.js'

export type Redis = NonNullable<Awaited<ReturnType<typeof openRedis>>>

const CONNECT_TIMEOUT = 5000 // milliseconds
const RETRY_WITHIN = 1000

/** Connects to the server that `REDIS_URL` names. It must be there at the start; later the client reconnects. */
export async function openRedis({ redisUrl }: Settings) {
  if (redisUrl === undefined) return undefined
  let opened = false
  const client = createClient({
    url: redisUrl,
    // Without a connection a request is answered 503; its command must not run later, when the client is back.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: CONNECT_TIMEOUT,
      reconnectStrategy: (retries) => opened && Math.min(retries * 50, RETRY_WITHIN),
    },
  })
  client.on('error', (error: Error) => new Logger('Redis').debug(error.message))
  try {
    await client.connect()
  } catch (error) {
    throw new StartError(`Redis cannot be reached: ${error instanceof Error ? error.message : String(error)}`)
  }
  opened = true
  return client
}
