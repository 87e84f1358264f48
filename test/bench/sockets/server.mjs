import { InMemorySessionStore, JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { Inject, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { WsAdapter } from '@nestjs/platform-ws'
import { WebSocketGateway } from '@nestjs/websockets'

/** An app with one gateway of `ws`, protected or not. Tells its parent what its open connections cost. */
const isProtected = process.argv[2] === 'protected'

class CountingStore extends InMemorySessionStore {
  lookUps = 0
  lookUpTokens(input) {
    this.lookUps++
    return super.lookUpTokens(input)
  }
}
const store = new CountingStore()

class Gateway {
  constructor(sockets) {
    this.sockets = sockets
  }
  afterInit(server) {
    if (isProtected) this.sockets.protect(server)
  }
}
Inject(JwtSockets)(Gateway, undefined, 0)
WebSocketGateway()(Gateway)

class App {}
Module({
  imports: [
    JwtAuthModule.forRoot({ secret: process.argv[3], sessionStore: { useValue: store }, audit: 'off' }),
  ],
  providers: [Gateway],
})(App)

const app = await NestFactory.create(App, { logger: false })
app.useWebSocketAdapter(new WsAdapter(app))
await app.listen(0, '127.0.0.1')
const tokens = app.get(TokenService)

const answers = {
  port: () => app.getHttpServer().address().port,
  token: async (subject) => (await tokens.issue(subject, { expiresIn: '1h' })).access_token,
  used: () => {
    globalThis.gc()
    const { heapUsed, external, rss } = process.memoryUsage()
    const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    return { heap: heapUsed + external, rss, timers, lookUps: store.lookUps }
  },
}
const answer = async ([name, argument]) => process.send(await answers[name](argument))
process.on('message', (message) => void answer(message))
process.on('disconnect', () => process.exit(0))
process.send('ready')
