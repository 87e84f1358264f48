import { Controller, type Type } from '@nestjs/common'
import {
  Ctx,
  MessagePattern,
  type MqttContext,
  MqttRecordBuilder,
  type NatsContext,
  NatsRecordBuilder,
  Payload,
  type RmqContext,
  RmqRecordBuilder,
  type TcpContext,
} from '@nestjs/microservices'
import { headers, type MsgHdrs } from '@nats-io/transport-node'
import { afterEach, describe, expect, it } from '@jest/globals'
import {
  Claims,
  CurrentIdentity,
  IdentityLoader,
  JwtAuthModule,
  OptionalAuth,
  TokenService,
} from '@nest-jwt-auth/core'
import { withBearer } from '@nest-jwt-auth/core/microservices'
import { firstValueFrom, Subject, take, toArray } from 'rxjs'
import { SECRET } from '../../support/forge.js'
import { describeWith } from '../../support/services.js'
import { OnEvent } from '../drivers/rpc/on-event.js'
import { mqtt, nats, rabbitmq, type RpcTransport, tcp } from '../drivers/rpc/rpc-transports.js'
import { locationsFor, type RunningRpc, startRpc } from '../drivers/rpc/start-rpc.js'

/** Answers with what arrived: the payload, the caller, and what `read` finds in the context. */
function echo<Context>(read: (context: Context) => unknown) {
  return (app: string): Type => {
    @Controller()
    class EchoHandlers {
      @MessagePattern(`${app}.echo`)
      @OptionalAuth()
      echo(@Payload() data: unknown, @Ctx() context: Context, @Claims('sub') sub: string | undefined) {
        return { data, sub: sub ?? 'nobody', seen: read(context) }
      }
    }
    return EchoHandlers
  }
}

let running: RunningRpc | undefined
afterEach(() => running?.close())

async function start<Context>(transport: RpcTransport, read: (context: Context) => unknown) {
  running = await startRpc(transport, {
    imports: [JwtAuthModule.forRoot({ secret: SECRET })],
    handlers: echo(read),
  })
  const { app, client, name } = running
  const token = await app.get(TokenService).issueAccessToken('ida')
  return {
    client,
    send: (data: unknown) => firstValueFrom<unknown>(withBearer(client, token).send(`${name}.echo`, data)),
  }
}

describeWith('mqtt', 'a record of MQTT', () => {
  it('keeps its properties beside the token, which replaces another', async () => {
    const { send } = await start(mqtt, (context: MqttContext) => {
      const { qos, properties } = context.getPacket() as {
        qos: number
        properties: { contentType: string; userProperties: { trace: string } }
      }
      return { qos, type: properties.contentType, trace: properties.userProperties.trace }
    })
    const record = new MqttRecordBuilder({ id: 1 })
      .setQoS(1)
      .setProperties({ contentType: 'json', userProperties: { trace: 't1', authorization: 'Bearer old' } })
      .build()

    expect(await send(record)).toMatchObject({
      data: { id: 1 },
      sub: 'ida',
      // The broker delivers at the quality that the subscriber asked for.
      seen: { type: 'json', trace: 't1' },
    })
  })
})

describeWith('rabbitmq', 'a record of RabbitMQ', () => {
  it('keeps its options beside the token, which replaces another', async () => {
    const { send } = await start(rabbitmq, (context: RmqContext) => {
      const { properties } = context.getMessage() as {
        properties: { priority: number; headers: { trace: string } }
      }
      return { priority: properties.priority, trace: properties.headers.trace }
    })
    const record = new RmqRecordBuilder({ id: 1 })
      .setOptions({ priority: 3, headers: { trace: 't1', authorization: 'Bearer old' } })
      .build()

    expect(await send(record)).toEqual({ data: { id: 1 }, sub: 'ida', seen: { priority: 3, trace: 't1' } })
  })
})

describeWith('nats', 'a record of NATS', () => {
  it('without headers gets the token', async () => {
    const { send } = await start(nats, (context: NatsContext) => context.getSubject().endsWith('.echo'))

    expect(await send(new NatsRecordBuilder({ id: 1 }).build())).toEqual({
      data: { id: 1 },
      sub: 'ida',
      seen: true,
    })
  })
})

describeWith('nats', 'a record of NATS with headers', () => {
  it('keeps them beside the token, which replaces another, and does not have the token itself', async () => {
    const { client, send } = await start(nats, (context: NatsContext) => {
      const sent = context.getHeaders() as MsgHdrs
      const named = sent.keys().filter((name) => name.toLowerCase() === 'authorization')
      return { trace: sent.values('trace'), authorizations: named.length }
    })
    const own = headers()
    own.append('trace', 't1')
    own.append('trace', 't2')
    own.set('Authorization', 'Basic YTpi')
    const record = new NatsRecordBuilder({ id: 1 }).setHeaders(own).build()
    const seen = { trace: ['t1', 't2'], authorizations: 1 }

    expect(await send(record)).toEqual({ data: { id: 1 }, sub: 'ida', seen })
    const anonymous = withBearer(client, undefined).send<unknown>(`${running?.name}.echo`, record)
    expect(await firstValueFrom(anonymous)).toEqual({ data: { id: 1 }, sub: 'nobody', seen })
  })

  it('are sent with the token and the other headers that all messages of the client have', async () => {
    const { client, send } = await start(nats, (context: NatsContext) =>
      (context.getHeaders() as MsgHdrs).values('trace'),
    )
    const common = { Authorization: 'Bearer old', trace: 't1' }
    Reflect.set(Reflect.get(client, 'options') as object, 'headers', common)
    const own = headers()
    own.set('trace', 't2')

    expect(await send({ id: 1 })).toEqual({ data: { id: 1 }, sub: 'ida', seen: ['t1'] })
    const record = new NatsRecordBuilder({ id: 1 }).setHeaders(own).build()
    expect(await send(record)).toEqual({ data: { id: 1 }, sub: 'ida', seen: ['t2'] })
  })
})

describe('a client of TCP', () => {
  if (tcp.hasMetadata) {
    it('keeps the hook that the app has set, and the token replaces that of the hook', async () => {
      const { client, send } = await start(tcp, (context: TcpContext) => context.getMetadata()?.['trace'])
      let old: Record<string, string> = { authorization: 'Bearer old', Authorization: 'Bearer older' }
      client.setOnDispatchHook((packet) => {
        packet.metadata = { trace: 't1', ...old }
      })

      expect(await send({ id: 1 })).toEqual({ data: { id: 1 }, sub: 'ida', seen: 't1' })
      old = {}
      const plain = client.send<unknown>(`${running?.name}.echo`, { id: 2 })
      expect(await firstValueFrom(plain)).toEqual({ data: { id: 2 }, sub: 'nobody', seen: 't1' })
    })
  } else {
    it('is refused where its messages carry no metadata', async () => {
      const { client } = await start(tcp, () => undefined)

      expect(() => withBearer(client, 'a.b.c').send('echo', {})).toThrow(
        expect.objectContaining({
          code: 'client_unsupported',
          message: expect.stringContaining('since version 12.0.2'),
        }),
      )
    })
  }
})

class Users implements IdentityLoader {
  loads = 0

  loadIdentity({ sub }: { sub: string }) {
    this.loads += 1
    return { id: sub }
  }
}

describe('an event with two handlers', () => {
  it('is verified once', async () => {
    const handled = new Subject<string>()
    running = await startRpc(tcp, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET, identityLoader: Users, ...locationsFor(tcp) })],
      providers: [Users],
      handlers: (app) => {
        @Controller()
        class TwoHandlers {
          @OnEvent(`${app}.created`)
          @OptionalAuth()
          first(@Payload() _data: object, @CurrentIdentity('id') id: string): void {
            handled.next(`first ${id}`)
          }

          @OnEvent(`${app}.created`)
          @OptionalAuth()
          second(@Payload() _data: object, @CurrentIdentity('id') id: string): void {
            handled.next(`second ${id}`)
          }
        }
        return TwoHandlers
      },
    })
    const both = firstValueFrom(handled.pipe(take(2), toArray()))
    await running.emit('created', await running.app.get(TokenService).issueAccessToken({ id: 'ida' }))

    expect((await both).toSorted()).toEqual(['first ida', 'second ida'])
    expect(running.app.get(Users).loads).toBe(1)
  })
})
