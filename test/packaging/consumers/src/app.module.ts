import { Module } from '@nestjs/common'
import { JwtAuthModule } from '@nest-jwt-auth/core'
import { AuthController } from './auth.controller.js'
import { ItemsController } from './items.controller.js'
import { Users } from './users.js'

@Module({
  imports: [
    JwtAuthModule.forRoot({
      secret: process.env['JWT_SECRET'],
      locations: ['header', 'cookie'],
      claimsLoader: Users,
      identityLoader: Users,
    }),
  ],
  providers: [Users],
  controllers: [AuthController, ItemsController],
})
export class AppModule {}
