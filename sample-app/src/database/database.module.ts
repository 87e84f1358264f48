import { Global, Module, type OnApplicationShutdown } from '@nestjs/common'
import { Settings } from '../settings.js'
import { Database } from './database.js'
import { openDatabase } from './open-database.js'

@Global()
@Module({
  providers: [{ provide: Database, inject: [Settings], useFactory: openDatabase }],
  exports: [Database],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly database: Database) {}

  /** Runs after the last request has been answered. */
  async onApplicationShutdown(): Promise<void> {
    await this.database.destroy()
  }
}
