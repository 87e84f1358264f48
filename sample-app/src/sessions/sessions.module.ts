import { SessionStore } from '@nest-jwt-auth/core'
import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common'
import { Database } from '../database/database.js'
import { Settings } from '../settings.js'
import { openSessionStore } from './open-session-store.js'
import { PruneSessions } from './prune-sessions.js'
import { openRedis, type Redis } from './redis.js'

const REDIS = Symbol('Redis')

/** Where the shop's sessions are kept: `JwtAuthModule` finds the one provider of `SessionStore`. */
@Module({
  providers: [
    { provide: REDIS, inject: [Settings], useFactory: openRedis },
    { provide: SessionStore, inject: [Settings, Database, REDIS], useFactory: openSessionStore },
    PruneSessions,
  ],
  exports: [SessionStore],
})
export class SessionsModule implements OnApplicationShutdown {
  constructor(@Inject(REDIS) private readonly redis: Redis | undefined) {}

  /** After the last request has been answered. */
  onApplicationShutdown(): void {
    this.redis?.destroy()
  }
}
