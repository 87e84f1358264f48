import { JwtAuthModule, JwtGuard } from '@nest-jwt-auth/core'
import { itemsController } from '../bench/requests/items.controller.mjs'

/** The contender `nest-jwt-auth` of the bench, with `requestContext`. */
export function prepare({ algorithm, secret, issuer, audience }) {
  const keys = [{ algorithm, kid: 'bench', secret }]
  return {
    imports: [JwtAuthModule.forRoot({ keys, issuer, audience, refreshToken: false, requestContext: true })],
    controllers: [itemsController(JwtGuard)],
  }
}
