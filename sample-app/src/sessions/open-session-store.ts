import type { SessionStore } from '@nest-jwt-auth/core'
import { RedisSessionStore } from '@nest-jwt-auth/redis'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import type { Database } from '../database/database.js'
import type { Settings } from '../settings.js'
import type { Redis } from './redis.js'

/** Sessions live in Redis where there is one, else beside the users they belong to. Both outlive a restart. */
export async function openSessionStore(
  { redisPrefix }: Settings,
  database: Database,
  redis: Redis | undefined,
): Promise<SessionStore> {
  if (redis) return new RedisSessionStore({ client: redis, prefix: redisPrefix })
  const store = new SqlSessionStore({ db: database })
  await store.migrate()
  return store
}
