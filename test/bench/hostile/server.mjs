import { monitorEventLoopDelay } from 'node:perf_hooks'
import { JwtAuthModule, JwtGuard, TokenService } from '@nest-jwt-auth/core'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { itemsController } from '../requests/items.controller.mjs'

/** An app in cookie mode, which reads the `Cookie` header of every request. Tells its parent how long its event loop was busy. */
const secret = process.argv[2]
class App {}
Module({
  imports: [JwtAuthModule.forRoot({ secret, locations: ['cookie'], refreshToken: false })],
  controllers: [itemsController(JwtGuard)],
})(App)

const app = await NestFactory.create(App, new FastifyAdapter(), { logger: false })
await app.listen(0, '127.0.0.1')
const token = await app.get(TokenService).issueAccessToken('ada')

const delay = monitorEventLoopDelay({ resolution: 1 })
process.on('message', (message) => {
  if (message === 'measure') {
    delay.reset()
    delay.enable()
    process.send('measuring')
  } else {
    delay.disable()
    process.send({ p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 })
  }
})
process.on('disconnect', () => process.exit(0))
process.send({ port: app.getHttpServer().address().port, token })
