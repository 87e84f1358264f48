import { InMemorySessionStore, JwtAuthModule, JwtGuard } from '@nest-jwt-auth/core'
import { itemsController } from './items.controller.mjs'

/** Each request asks the session store, here the one in memory, whether the token was revoked. */
export const name = 'nest-jwt-auth, with sessions'

export function prepare({ algorithm, secret, privateKey, issuer, audience }) {
  const key = algorithm === 'HS256' ? { secret } : { privateKey }
  const keys = [{ algorithm, kid: 'bench', ...key }]
  return {
    imports: [JwtAuthModule.forRoot({ keys, issuer, audience, sessionStore: InMemorySessionStore })],
    providers: [InMemorySessionStore],
    controllers: [itemsController(JwtGuard)],
  }
}
