import { JwtAuthModule, JwtGuard } from '@nest-jwt-auth/core'
import { itemsController } from './items.controller.mjs'

export const name = 'nest-jwt-auth'

export function prepare({ algorithm, secret, privateKey, issuer, audience }) {
  const key = algorithm === 'HS256' ? { secret } : { privateKey }
  const keys = [{ algorithm, kid: 'bench', ...key }]
  return {
    imports: [JwtAuthModule.forRoot({ keys, issuer, audience, refreshToken: false })],
    controllers: [itemsController(JwtGuard)],
  }
}
