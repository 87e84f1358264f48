import { KeyStore, SessionStore } from '@nest-jwt-auth/core'
import { RedisSessionStore } from '@nest-jwt-auth/redis'
import { SqlKeyStore, SqlSessionStore } from '@nest-jwt-auth/sql'
import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common'
import { Settings } from '../settings.js'
import { Database } from './database.js'
import { PruneSessions } from './prune-sessions.js'
import { openRedis, type Redis } from './redis.js'

const REDIS = Symbol('Redis')

/** Where sessions and keys are stored. `JwtAuthModule` takes the providers of `SessionStore` and `KeyStore` from here. */
@Module({
  providers: [
    { provide: REDIS, inject: [Settings], useFactory: openRedis },
    { provide: SessionStore, inject: [Settings, Database, REDIS], useFactory: openSessionStore },
    { provide: KeyStore, inject: [Database], useFactory: openKeyStore },
    PruneSessions,
  ],
  exports: [SessionStore, KeyStore],
})
export class SessionsModule implements OnApplicationShutdown {
  constructor(@Inject(REDIS) private readonly redis: Redis | undefined) {}

  /** Runs after the last request has been answered. */
  onApplicationShutdown(): void {
    this.redis?.destroy()
  }
}

/** In Redis if there is one, else in the database with the users. Both survive a restart of the app. */
async function openSessionStore(
  { redisPrefix }: Settings,
  database: Database,
  redis: Redis | undefined,
): Promise<SessionStore> {
  if (redis) return new RedisSessionStore({ client: redis, prefix: redisPrefix })
  const store = new SqlSessionStore({ db: database })
  await store.migrate()
  return store
}

/** In the database, encrypted. The other instances of the shop have the same keys. */
async function openKeyStore(database: Database): Promise<KeyStore> {
  const store = new SqlKeyStore({ db: database })
  await store.migrate()
  return store
}
