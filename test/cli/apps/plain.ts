import { Controller, Get, Module } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { JwtAuthModule, JwtGuard } from '@nest-jwt-auth/core'

@Controller('me')
class MeController {
  @Get()
  read() {
    return {}
  }
}

/** One secret, and sessions in memory. */
@Module({
  imports: [JwtAuthModule.forRoot({ secret: process.env['JWT_SECRET'] })],
  controllers: [MeController],
  providers: [{ provide: APP_GUARD, useExisting: JwtGuard }],
})
export class AppModule {}

@Module({
  imports: [AppModule],
  providers: [{ provide: 'ANSWER', useFactory: () => new Promise(() => undefined) }],
})
export class HangingModule {}

@Module({
  providers: [
    {
      provide: 'DATABASE',
      useFactory: () => {
        throw new Error('connect ECONNREFUSED 127.0.0.1:5432')
      },
    },
  ],
})
export class FailingModule {}

@Module({})
export class WithoutAuthModule {}
