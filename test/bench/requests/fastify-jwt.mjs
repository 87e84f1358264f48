import fastifyJwt from '@fastify/jwt'
import { itemsController } from './items.controller.mjs'

/** A hook of Fastify, with its cache. */
export const name = '@fastify/jwt, with its cache'
export const adapters = ['fastify']

export function prepare({ algorithm, secret, publicKey, privateKey, issuer, audience }) {
  const verify = { algorithms: [algorithm], allowedIss: issuer, allowedAud: audience, cache: 10_000 }
  return {
    controllers: [itemsController()],
    async configure(app) {
      const fastify = app.getHttpAdapter().getInstance()
      await fastify.register(fastifyJwt, {
        secret: algorithm === 'HS256' ? secret : { public: publicKey, private: privateKey },
        verify,
      })
      fastify.addHook('onRequest', async (request) => {
        await request.jwtVerify()
      })
    },
  }
}
