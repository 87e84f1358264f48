import { Inject, Injectable, type INestApplication, type Type, UseGuards } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { Query, Resolver, Subscription } from '@nestjs/graphql'
import { IoAdapter } from '@nestjs/platform-socket.io'
import { WsAdapter } from '@nestjs/platform-ws'
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { afterEach, describe, expect, it } from '@jest/globals'
import { Claims, JwtAuthModule, JwtGuard } from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { type RunningApp, startApp } from '../../support/adapters.js'
import { SECRET } from '../../support/forge.js'
import { freePort } from '../../support/free-port.js'
import {
  apolloServers,
  closeGraphqlClients,
  firstResult,
  type GraphqlServer,
  graphqlServers,
  graphqlWsClient,
  mercuriusServer,
} from '../../support/graphql-servers.js'
import { ask, ConnectRefused, connectIo } from '../../support/socket-io-client.js'
import { connectWs } from '../../support/ws-client.js'

@Resolver()
class WhoResolver {
  @Query(() => String)
  who(@Claims('sub') sub: string): string {
    return sub
  }

  @Subscription(() => String, { name: 'who', resolve: (value: string) => value })
  async *whoChanged(@Claims('sub') sub: string) {
    yield sub
  }
}

function gateway(...options: [port: number] | [options: object]): Type {
  @WebSocketGateway(...(options as [object]))
  @UseGuards(JwtGuard)
  @Injectable()
  class WhoGateway {
    constructor(@Inject(JwtSockets) private readonly sockets: JwtSockets) {}

    afterInit(server: object): void {
      this.sockets.protect(server)
    }

    @SubscribeMessage('who')
    who(@Claims('sub') sub: string) {
      return { event: 'who', data: sub }
    }
  }
  return WhoGateway
}

function start(
  server: GraphqlServer,
  type: Type,
  adapter: (app: INestApplication) => IoAdapter | WsAdapter,
): Promise<RunningApp> {
  return startApp(
    server.adapter,
    {
      imports: [JwtAuthModule.forRoot({ secret: SECRET }), server.module()],
      providers: [WhoResolver, type, { provide: APP_GUARD, useExisting: JwtGuard }],
    },
    { configure: (app) => app.useWebSocketAdapter(adapter(app)) },
  )
}

const subscribe = (app: RunningApp, token: string) =>
  firstResult(graphqlWsClient(app, { authorization: `Bearer ${token}` }), 'subscription { who }')

afterEach(closeGraphqlClients)

describe.each(apolloServers)('subscriptions on $name', (server) => {
  it('share a port with gateways of socket.io', async () => {
    const app = await start(server, gateway({}), (nest) => new IoAdapter(nest))
    const token = await app.tokens.issueAccessToken('ada')
    const socket = await connectIo(app.port, { auth: { token } })
    expect(await ask(socket, 'who')).toEqual({ event: 'who', data: 'ada' })
    expect(await subscribe(app, token)).toEqual({ data: { who: 'ada' } })
    expect(await ask(socket, 'who')).toEqual({ event: 'who', data: 'ada' })
  })

  // docs/graphql.md says so, and need not any more once this fails.
  it('do not share a port with gateways of ws, whatever their path: WsAdapter cuts off other WebSockets', async () => {
    const app = await start(server, gateway({ path: '/who' }), (nest) => new WsAdapter(nest))
    const token = await app.tokens.issueAccessToken('ada')
    const connection = await connectWs(app.port, { token, path: '/who' })
    expect(await connection.ask('who')).toEqual({ event: 'who', data: 'ada' })
    await expect(subscribe(app, token)).rejects.toBeDefined()
    await connection.close()
  })
})

describe.each(graphqlServers)(
  'subscriptions on $name, beside gateways with a port of their own',
  (server) => {
    it('live beside those of ws', async () => {
      const port = await freePort()
      const app = await start(server, gateway(port), (nest) => new WsAdapter(nest))
      const token = await app.tokens.issueAccessToken('ada')
      const connection = await connectWs(port, { token })
      expect(await connection.ask('who')).toEqual({ event: 'who', data: 'ada' })
      expect(await subscribe(app, token)).toEqual({ data: { who: 'ada' } })
      await connection.close()
    })

    it('live beside those of socket.io', async () => {
      const port = await freePort()
      const app = await start(server, gateway(port), (nest) => new IoAdapter(nest))
      const token = await app.tokens.issueAccessToken('ada')
      const socket = await connectIo(port, { auth: { token } })
      expect(await ask(socket, 'who')).toEqual({ event: 'who', data: 'ada' })
      expect(await subscribe(app, token)).toEqual({ data: { who: 'ada' } })
    })
  },
)

describe('a gateway of socket.io on the port of Mercurius', () => {
  // docs/graphql.md says so, and need not any more once this fails.
  it('cannot be connected to, because Mercurius answers every WebSocket of its server', async () => {
    const app = await start(mercuriusServer, gateway({}), (nest) => new IoAdapter(nest))
    const token = await app.tokens.issueAccessToken('ada')
    await expect(connectIo(app.port, { auth: { token } })).rejects.toBeInstanceOf(ConnectRefused)
  })
})
