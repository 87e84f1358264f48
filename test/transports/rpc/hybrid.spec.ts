import type { Server as NetServer } from 'node:net'
import {
  type ArgumentsHost,
  Catch,
  Controller,
  Get,
  type ExceptionFilter,
  UseFilters,
  UseGuards,
} from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import {
  type ClientProxy,
  ClientProxyFactory,
  type CustomTransportStrategy,
  MessagePattern,
  Payload,
  type RmqContext,
  RpcException,
  Server,
  ServerTCP,
  Transport,
} from '@nestjs/microservices'
import { Test } from '@nestjs/testing'
import { afterEach, describe, expect, it } from '@jest/globals'
import {
  Claims,
  JwtAuthError,
  JwtAuthErrorFilter,
  JwtAuthModule,
  JwtGuard,
  Public,
  RequireScopes,
  TokenService,
} from '@nest-jwt-auth/core'
import { withBearer } from '@nest-jwt-auth/core/microservices'
import { firstValueFrom, lastValueFrom, type Observable, Subject, throwError } from 'rxjs'
import { SECRET } from '../../support/forge.js'
import { logs } from '../../support/logs.js'
import { describeWith } from '../../support/services.js'
import { OnEvent } from '../drivers/rpc/on-event.js'
import { rabbitmq, tcp, tokenOfPayload } from '../drivers/rpc/rpc-transports.js'
import { startRpc } from '../drivers/rpc/start-rpc.js'

@Controller()
class Handlers {
  @MessagePattern('bound')
  @UseGuards(JwtGuard)
  bound(@Claims('sub') sub: string) {
    return { sub }
  }

  @MessagePattern('scoped')
  @RequireScopes('items:read')
  scoped(@Claims('sub') sub: string) {
    return { sub }
  }

  @MessagePattern('global')
  global() {
    return { reached: true }
  }

  @MessagePattern('refusing')
  @Public()
  @UseFilters(JwtAuthErrorFilter)
  refusing(): void {
    throw new JwtAuthError('insufficient_claims')
  }

  @Get('http')
  http() {
    return {}
  }
}

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function startHybrid(inheritAppConfig: boolean) {
  const module = await Test.createTestingModule({
    imports: [
      JwtAuthModule.forRoot({
        secret: SECRET,
        ...(!tcp.hasMetadata && { locations: [tokenOfPayload] }),
      }),
    ],
    controllers: [Handlers],
    providers: [{ provide: APP_GUARD, useExisting: JwtGuard }],
  })
    .setLogger(logs)
    .compile()
  const app = module.createNestApplication()
  const strategy = new ServerTCP({ host: '127.0.0.1', port: 0 })
  app.connectMicroservice({ strategy }, { inheritAppConfig })
  await app.startAllMicroservices()
  await app.init()
  const address = strategy.unwrap<NetServer>().address()
  if (address === null || typeof address === 'string') throw new Error('The app does not listen on a port.')
  const client: ClientProxy = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: address.port },
  })
  closers.push(async () => {
    await client.close()
    await app.close()
  })
  return {
    tokens: module.get(TokenService),
    send: async (pattern: string, token?: string): Promise<unknown> => {
      const sent = tcp.hasMetadata
        ? withBearer(client, token).send<unknown>(pattern, {})
        : client.send<unknown>(pattern, { token })
      return firstValueFrom(sent).catch((error: unknown) => error)
    },
  }
}

describe.each([true, false])('a hybrid app with inheritAppConfig: %s', (inheritAppConfig) => {
  it.each([
    ['bound', 'token_missing'],
    ['scoped', 'token_missing'],
  ])('guards the handler %s by what is bound to it', async (pattern, errorCode) => {
    const { send, tokens } = await startHybrid(inheritAppConfig)
    const token = await tokens.issueAccessToken('ida', { claims: { scope: 'items:read' } })

    expect(await send(pattern)).toMatchObject({ status: 401, errorCode })
    expect(await send(pattern, token)).toEqual({ sub: 'ida' })
  })

  it('runs the global guard on messages only where it inherits it', async () => {
    const { send } = await startHybrid(inheritAppConfig)

    expect(await send('global')).toMatchObject(
      inheritAppConfig ? { errorCode: 'token_missing' } : { reached: true },
    )
  })

  it('gives a refusal of a handler its form by the filter that is bound to it', async () => {
    const { send } = await startHybrid(inheritAppConfig)

    expect(await send('refusing')).toEqual({
      status: 403,
      errorCode: 'insufficient_claims',
      message: 'The claims of the token do not allow this.',
    })
  })
})

/** A transport of an app's own, with a context that the library does not know. */
class OwnTransport extends Server implements CustomTransportStrategy {
  listen(onListening: () => void): void {
    onListening()
  }

  close(): void {}

  on(): void {}

  unwrap<T>(): T {
    throw new Error('There is nothing beneath it.')
  }

  async receive(pattern: string): Promise<unknown> {
    const handler = this.getHandlerByPattern(pattern)
    return lastValueFrom(this.transformToObservable(handler?.({}, { own: true })) as Observable<unknown>)
  }
}

describe("a transport of the app's own", () => {
  it('answers a refusal of a public handler in the same form', async () => {
    const strategy = new OwnTransport()
    const module = await Test.createTestingModule({
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      controllers: [Handlers],
    }).compile()
    const app = module.createNestMicroservice({ strategy })
    closers.push(() => app.close())
    await app.listen()

    await expect(strategy.receive('refusing')).rejects.toEqual({
      status: 403,
      errorCode: 'insufficient_claims',
      message: 'The claims of the token do not allow this.',
    })
  })
})

/** What an app binds that acknowledges its messages itself. */
@Catch(RpcException)
class NackRefused implements ExceptionFilter<RpcException> {
  catch(exception: RpcException, host: ArgumentsHost) {
    const context = host.switchToRpc().getContext<RmqContext>()
    const channel = context.getChannelRef() as { nack(message: object, all: boolean, requeue: boolean): void }
    channel.nack(context.getMessage(), false, false)
    return throwError(() => exception.getError())
  }
}

describeWith('rabbitmq', 'a RabbitMQ queue with noAck: false', () => {
  it('goes on after refused events, where a filter of the app takes them from the queue', async () => {
    const handled = new Subject<string>()
    const manual: typeof rabbitmq = {
      ...rabbitmq,
      options: (app) => {
        const { options } = rabbitmq.options(app) as { options: object }
        return { transport: Transport.RMQ, options: { ...options, noAck: false, prefetchCount: 1 } }
      },
      clientOptions: (_, app) => rabbitmq.options(app),
    }
    const running = await startRpc(manual, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      handlers: (app) => {
        @Controller()
        @UseFilters(NackRefused)
        class QueueHandlers {
          @OnEvent(`${app}.created`)
          @RequireScopes('items:write')
          created(@Payload() _data: object, @Claims('sub') sub: string): void {
            handled.next(sub)
          }
        }
        return QueueHandlers
      },
    })
    closers.push(() => running.close())
    const tokens = running.app.get(TokenService)
    const arrived = firstValueFrom(handled)
    await running.emit('created')
    await running.emit('created', await tokens.issueAccessToken('bob'))
    await running.emit('created', await tokens.issueAccessToken('ida', { claims: { scope: 'items:write' } }))

    expect(await arrived).toBe('ida')
  })
})
