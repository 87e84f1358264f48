import { JwtAuthModule, type JwtAuthOptions, JwtGuard, KeyStore, SessionStore } from '@nest-jwt-auth/core'
import { Module } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { SessionsModule } from '../database/sessions.module.js'
import { developmentKey } from '../dev/development-key.js'
import { PrintedMail } from '../dev/printed-mail.js'
import { Settings } from '../settings.js'
import { UsersModule } from '../users/users.module.js'
import { AdminClaims } from './admin-claims.js'
import { AuditLog } from './audit-log.js'
import { AuthController } from './auth.controller.js'
import { Mailer } from './mailer.js'
import { PasswordController } from './password.controller.js'
import { UserIdentity } from './user-identity.js'

@Module({
  imports: [
    UsersModule,
    SessionsModule,
    JwtAuthModule.forRootAsync({
      inject: [Settings],
      useFactory: jwtAuthOptions,
      claimsLoader: AdminClaims,
      identityLoader: UserIdentity,
      sessionStore: SessionStore,
      keyStore: KeyStore,
      endpoints: { jwks: true, refresh: true, logout: true, logoutAll: true, sessions: true },
    }),
  ],
  controllers: [AuthController, PasswordController],
  providers: [
    AdminClaims,
    UserIdentity,
    AuditLog,
    { provide: Mailer, useClass: PrintedMail },
    // Every route of the app needs a token, unless it is @Public() or @OptionalAuth().
    { provide: APP_GUARD, useExisting: JwtGuard },
  ],
})
export class AuthModule {}

function jwtAuthOptions({ authMode, dataDir, keyWrapSecret, production }: Settings): JwtAuthOptions {
  // The keys are made, rotated and kept in the database by the library; this secret encrypts them there.
  const wrap = [{ id: 'shop', secret: keyWrapSecret ?? developmentKey(dataDir) }]
  if (authMode === 'bearer') return { keyRotation: { wrap } }
  // In development the shop is served over plain HTTP.
  return { keyRotation: { wrap }, locations: ['cookie'], cookies: { secure: production } }
}
