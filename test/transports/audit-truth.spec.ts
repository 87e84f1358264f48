import { type CanActivate, Controller, type ExecutionContext, Get, Injectable } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { Field, ObjectType, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql'
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices'
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { describe, expect, it } from '@jest/globals'
import { routeAudit } from '@nest-jwt-auth/core'
import { lastValueFrom } from 'rxjs'
import { io } from 'socket.io-client'
import { freePort } from '../support/free-port.js'
import { sendRequest } from '../support/http.js'
import { createAudited, graphqlModule } from './audit-app.js'

/** The handlers that Nest asked the global guard about. */
const asked: string[] = []

@Injectable()
class NotingGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    asked.push(`${context.getClass().name}.${context.getHandler().name}`)
    return true
  }
}

@Controller('route')
class RouteController {
  @Get()
  read() {
    return {}
  }
}

@ObjectType()
class Thing {
  @Field()
  id!: string
}

@Resolver(() => Thing)
class ThingResolver {
  @Query(() => Thing)
  thing(): Thing {
    return { id: '1' }
  }

  @ResolveField(() => String)
  owner(@Parent() { id }: Thing) {
    return id
  }
}

@WebSocketGateway()
class Gateway {
  @SubscribeMessage('ping')
  ping(_data: unknown) {
    return 'pong'
  }
}

@Controller()
class Messages {
  @MessagePattern('ping')
  answer(_data: unknown) {
    return 'pong'
  }
}

/** Reaches each of these handlers once, with real clients. */
async function reachAll(port: number, rpcPort: number): Promise<void> {
  await sendRequest(port, { path: '/route' })
  const query = { method: 'POST', path: '/graphql', body: { query: '{ thing { owner } }' } }
  expect((await sendRequest(port, query)).body).toEqual({ data: { thing: { owner: '1' } } })

  const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'] })
  expect(await socket.emitWithAck('ping', {})).toBe('pong')
  socket.disconnect()

  const client = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: rpcPort },
  })
  expect(await lastValueFrom(client.send('ping', {}))).toBe('pong')
  await client.close()
}

describe.each([{ inheritAppConfig: false }, { inheritAppConfig: true }])('a hybrid app with %j', (hybrid) => {
  it.each([
    ['without guards on fields', {}],
    ['with guards on fields', { fieldResolverEnhancers: ['guards'] as 'guards'[] }],
  ])('%s runs its global guard where the audit says so', async (_, options) => {
    const rpcPort = await freePort()
    const app = await createAudited(
      {
        imports: [graphqlModule(options)],
        controllers: [RouteController, Messages],
        providers: [ThingResolver, Gateway, { provide: APP_GUARD, useClass: NotingGuard }],
      },
      {
        auth: { audit: { level: 'off', guards: [NotingGuard] } },
        configure: (nest) =>
          nest.connectMicroservice(
            { transport: Transport.TCP, options: { host: '127.0.0.1', port: rpcPort } },
            hybrid,
          ),
      },
    )
    await app.startAllMicroservices()
    await app.listen(0, '127.0.0.1')
    asked.length = 0
    await reachAll((app.getHttpServer() as { address(): { port: number } }).address().port, rpcPort)

    const audit = routeAudit(app)
    const guarded = audit.filter(({ access }) => access === 'required')
    expect(audit).toHaveLength(5)
    expect(audit.every(({ access }) => access === 'required' || access === 'open')).toBe(true)
    expect(asked.toSorted()).toEqual(
      guarded.map(({ controller, handler }) => `${controller}.${handler}`).toSorted(),
    )
  })
})
