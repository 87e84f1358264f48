import { Module } from '@nestjs/common'
import { MeController } from './me.controller.js'
import { Passwords } from './passwords.js'
import { UsersRepository } from './users.repository.js'
import { UsersService } from './users.service.js'

@Module({
  controllers: [MeController],
  providers: [Passwords, UsersRepository, UsersService],
  exports: [Passwords, UsersRepository, UsersService],
})
export class UsersModule {}
