import { type DynamicModule, Module, StandardSchemaValidationPipe } from '@nestjs/common'
import { APP_FILTER, APP_PIPE } from '@nestjs/core'
import { AuthModule } from './auth/auth.module.js'
import { DatabaseModule } from './database/database.module.js'
import { DatabaseUnavailableFilter } from './database/database-unavailable.filter.js'
import { DemoData } from './dev/demo-data.js'
import { ItemsModule } from './items/items.module.js'
import { OpenConnections } from './dev/open-connections.js'
import type { Settings } from './settings.js'
import { PageModule } from './page/page.module.js'
import { SettingsModule } from './settings.module.js'
import { UsersModule } from './users/users.module.js'

@Module({
  imports: [DatabaseModule, UsersModule, AuthModule, ItemsModule, PageModule],
  providers: [
    DemoData,
    OpenConnections,
    { provide: APP_PIPE, useValue: new StandardSchemaValidationPipe() },
    { provide: APP_FILTER, useClass: DatabaseUnavailableFilter },
  ],
})
export class AppModule {
  static with(settings: Settings): DynamicModule {
    return { module: AppModule, imports: [SettingsModule.with(settings)] }
  }
}
