import { Injectable, Module, type OnModuleInit, type OnModuleDestroy } from '@nestjs/common'
import { JwtAuthModule } from '@nest-jwt-auth/core'
import { RedisSessionStore } from '@nest-jwt-auth/redis'
import { createClient } from 'redis'

@Injectable()
export class Redis implements OnModuleInit, OnModuleDestroy {
  readonly client = createClient({ url: process.env['REDIS_URL'] ?? '' })

  constructor() {
    this.client.on('error', () => undefined)
  }

  async onModuleInit() {
    await this.client.connect()
  }

  onModuleDestroy() {
    this.client.destroy()
  }
}

@Module({ providers: [Redis], exports: [Redis] })
class RedisModule {}

@Module({
  imports: [
    RedisModule,
    JwtAuthModule.forRootAsync({
      imports: [RedisModule],
      useFactory: () => ({ secret: process.env['JWT_SECRET'] }),
      sessionStore: {
        useFactory: ({ client }: Redis) =>
          new RedisSessionStore({ client, prefix: process.env['REDIS_PREFIX'] }),
        inject: [Redis],
      },
    }),
  ],
})
export class AppModule {}
