import { Metadata } from '@grpc/grpc-js'
import { headers } from '@nats-io/transport-node'
import {
  type BaseRpcContext,
  KafkaContext,
  MqttContext,
  NatsContext,
  RmqContext,
  TcpContext,
} from '@nestjs/microservices'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js'
import { Test } from '@nestjs/testing'
import { JwtAuthModule, JwtGuard, RequireClaims, TokenService } from '@nest-jwt-auth/core'
import { breakSignature, SECRET } from '../../support/forge.js'
import { tcp } from '../drivers/rpc/rpc-transports.js'

class Handlers {
  @RequireClaims({ sub: 'ben' })
  handle(this: void): void {}
}

type Args<T extends abstract new (...args: never) => unknown> = ConstructorParameters<T>[0]

/** One way to send messages: what Nest hands to a handler beside the payload, which has this token or none. */
interface Kind {
  readonly name: string
  readonly make: (token?: string) => object
  /** Where the object has its metadata. */
  readonly member: 'args' | 'metadata'
}

const record = (token?: string) => (token === undefined ? {} : { authorization: `Bearer ${token}` })

const kinds: Kind[] = [
  {
    name: 'NATS',
    member: 'args',
    make: (token) => {
      const sent = headers()
      if (token !== undefined) sent.set('authorization', `Bearer ${token}`)
      return new NatsContext(['subject', sent])
    },
  },
  {
    name: 'MQTT',
    member: 'args',
    make: (token) => new MqttContext(['topic', { properties: { userProperties: record(token) } }]),
  },
  {
    name: 'RabbitMQ',
    member: 'args',
    make: (token) => new RmqContext([{ properties: { headers: record(token) } }, {}, 'pattern']),
  },
  {
    name: 'Kafka',
    member: 'args',
    make: (token) =>
      new KafkaContext([{ headers: record(token) }, 0, 'topic'] as unknown as Args<typeof KafkaContext>),
  },
  {
    name: 'gRPC',
    member: 'metadata',
    make: (token) => {
      const metadata = new Metadata()
      if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
      return { metadata, getPeer: () => '127.0.0.1:1', emit: () => true }
    },
  },
]
if (tcp.hasMetadata) {
  kinds.push({
    name: 'TCP',
    member: 'args',
    make: (token) => new TcpContext([{}, 'pattern', record(token)] as unknown as Args<typeof TcpContext>),
  })
}

/** What an app makes that passes a message on: all of the first one, with the metadata of the other. */
const copies: Record<string, (first: object, other: object, member: Kind['member']) => object> = {
  copied: (first, other, member) =>
    Object.assign(Object.create(Object.getPrototypeOf(first) as object) as object, first, {
      [member]: Reflect.get(other, member) as unknown,
    }),
  derived: (first, other, member) =>
    Object.create(first, { [member]: { value: Reflect.get(other, member) as unknown } }) as object,
}

describe.each(kinds)('a message of $name', ({ make, member }) => {
  let ask: (context: object, data?: object) => Promise<unknown>
  let ada: string
  let ben: string

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
    }).compile()
    const guard = module.get(JwtGuard)
    const tokens = module.get(TokenService)
    ask = async (message, data = {}) => {
      const args = member === 'args' ? [data, message] : [data, Reflect.get(message, member), message]
      const context = new ExecutionContextHost(args, Handlers, Handlers.prototype.handle)
      context.setType('rpc')
      return guard.canActivate(context)
    }
    ada = await tokens.issueAccessToken('ada')
    ben = await tokens.issueAccessToken('ben')
  })

  const refused = (errorCode: string) => ({ error: { errorCode } })

  it.each(Object.keys(copies))(
    'is authenticated by its own token where it is %s from another',
    async (how) => {
      const first = make(ben)
      const copyWith = (token?: string) => copies[how]!(first, make(token), member) as BaseRpcContext
      expect(await ask(first)).toBe(true)

      await expect(ask(copyWith(ada))).rejects.toMatchObject(refused('insufficient_claims'))
      await expect(ask(copyWith(breakSignature(ben)))).rejects.toMatchObject(
        refused('token_signature_invalid'),
      )
      await expect(ask(copyWith())).rejects.toMatchObject(refused('token_missing'))
      expect(await ask(copyWith(ben))).toBe(true)
    },
  )

  it('is authenticated by its own token where it has the payload of another', async () => {
    const data = { id: 1 }
    expect(await ask(make(ben), data)).toBe(true)

    await expect(ask(make(ada), data)).rejects.toMatchObject(refused('insufficient_claims'))
    await expect(ask(make(), data)).rejects.toMatchObject(refused('token_missing'))
  })
})
