import { Logger } from '@nestjs/common'
import { createClient } from 'redis'
import type { Settings } from '../settings.js'
import { StartError } from '../start.error.js'

export type Redis = NonNullable<Awaited<ReturnType<typeof openRedis>>>

const PATIENCE = 5000 // milliseconds
const RETRY_WITHIN = 1000

/** The server that `REDIS_URL` names. It must be there at the start; what goes away later is waited for. */
export async function openRedis({ redisUrl }: Settings) {
  if (redisUrl === undefined) return undefined
  let opened = false
  const client = createClient({
    url: redisUrl,
    // While there is no connection a request is answered 503, and nothing is done behind its back later.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: PATIENCE,
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
