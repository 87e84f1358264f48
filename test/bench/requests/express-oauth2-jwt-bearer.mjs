import { auth } from 'express-oauth2-jwt-bearer'
import { itemsController } from './items.controller.mjs'

/** A middleware; its other keys come from a URL. */
export const name = 'express-oauth2-jwt-bearer'
export const adapters = ['express']
export const algorithms = ['HS256']
/** Nest takes its error for one of the server. */
export const refusal = 500

export function prepare({ secret, issuer, audience }) {
  return {
    controllers: [itemsController()],
    configure: (app) => app.use(auth({ issuer, audience, secret, tokenSigningAlg: 'HS256' })),
  }
}
