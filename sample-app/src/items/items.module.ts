import { Module } from '@nestjs/common'
import { ItemsController } from './items.controller.js'
import { ItemsGateway } from './items.gateway.js'
import { ItemsRepository } from './items.repository.js'

@Module({
  controllers: [ItemsController],
  providers: [ItemsRepository, ItemsGateway],
  exports: [ItemsRepository],
})
export class ItemsModule {}
