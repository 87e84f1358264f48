import { Metadata as GrpcMetadata } from '@grpc/grpc-js'
import { headers } from '@nats-io/transport-node'
import {
  ClientKafka,
  ClientMqtt,
  ClientProxy,
  ClientRMQ,
  KafkaContext,
  MqttContext,
  MqttRecord,
  NatsContext,
  RedisContext,
  RmqContext,
  RmqRecord,
  TcpContext,
} from '@nestjs/microservices'
import { describe, expect, it } from '@jest/globals'
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js'
import { Test } from '@nestjs/testing'
import { JwtAuthModule, JwtGuard, TokenService } from '@nest-jwt-auth/core'
import { withBearer } from '@nest-jwt-auth/core/microservices'
import { of } from 'rxjs'
import { SECRET } from '../../support/forge.js'

class Handlers {
  handle(this: void): void {}
}

type Args<T extends abstract new (...args: never) => unknown> = ConstructorParameters<T>[0]
type Metadata = Record<string, unknown>

/** The context that Nest makes of a message with this metadata. */
const contexts: readonly (readonly [string, (metadata: Metadata) => object])[] = [
  ['MQTT', (userProperties) => new MqttContext(['topic', { properties: { userProperties } }])],
  ['RabbitMQ', (headers) => new RmqContext([{ properties: { headers } }, {}, 'pattern'])],
  ['Kafka', (headers) => new KafkaContext([{ headers }, 0, 'topic'] as unknown as Args<typeof KafkaContext>)],
]
const withPacketMetadata: typeof contexts = [
  ['TCP', (metadata) => new TcpContext([{}, 'pattern', metadata] as unknown as Args<typeof TcpContext>)],
  ['Redis', (metadata) => new RedisContext(['channel', metadata] as unknown as Args<typeof RedisContext>)],
]
const all = 'setOnDispatchHook' in ClientProxy.prototype ? [...contexts, ...withPacketMetadata] : contexts

async function start() {
  const module = await Test.createTestingModule({
    imports: [JwtAuthModule.forRoot({ secret: SECRET, locations: ['cookie', 'query', 'body', 'header'] })],
  }).compile()
  const guard = module.get(JwtGuard)
  const askWith = async (args: readonly unknown[]) => {
    const context = new ExecutionContextHost([...args], Handlers, Handlers.prototype.handle)
    context.setType('rpc')
    return guard.canActivate(context)
  }
  return {
    tokens: module.get(TokenService),
    askWith,
    ask: (rpcContext: object, data: unknown = {}) => askWith([data, rpcContext]),
  }
}

describe.each(all)('the metadata of a message of %s', (_, contextWith) => {
  it.each(['authorization', 'Authorization', 'AUTHORIZATION'])('is read under the name %s', async (name) => {
    const { ask, tokens } = await start()
    const token = await tokens.issueAccessToken('ida')

    expect(await ask(contextWith({ [name]: `Bearer ${token}` }))).toBe(true)
  })

  it.each<[string, (value: string) => Metadata]>([
    ['two values', (value) => ({ authorization: [value, value] })],
    ['one value in an array', (value) => ({ authorization: [value] })],
    ['an empty value before another', (value) => ({ authorization: ['', value] })],
    ['an empty value under one case of the name', (value) => ({ authorization: '', Authorization: value })],
    ['an empty value under another case of it', (value) => ({ authorization: value, Authorization: '' })],
    ['two cases of the name', (value) => ({ authorization: value, Authorization: value })],
    ['an object', (value) => ({ authorization: { toString: value } })],
    ['a number', () => ({ authorization: 7 })],
    ['two tokens', (value) => ({ authorization: `${value}, ${value}` })],
  ])('is malformed with %s', async (_, metadata) => {
    const { ask, tokens } = await start()
    const value = `Bearer ${await tokens.issueAccessToken('ida')}`

    await expect(ask(contextWith(metadata(value)))).rejects.toMatchObject({
      error: { status: 401, errorCode: 'token_malformed' },
    })
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'authorization'],
    ['an array', ['authorization']],
    ['a cookie', { cookie: '__Host-access_token=TOKEN' }],
    ['another scheme', { authorization: 'Basic TOKEN' }],
    ['fields of a query or body', { access_token: 'TOKEN', body: { access_token: 'TOKEN' } }],
  ])('carries no token with %s', async (_, metadata) => {
    const { ask, tokens } = await start()
    const text = JSON.stringify(metadata ?? null)
    const sent = JSON.parse(text.replaceAll('TOKEN', await tokens.issueAccessToken('ida'))) as Metadata

    await expect(ask(contextWith(sent))).rejects.toMatchObject({ error: { errorCode: 'token_missing' } })
  })
})

describe.each<[string, (values: readonly [name: string, value: string][]) => readonly unknown[]]>([
  [
    'NATS',
    (values) => {
      const sent = headers()
      for (const [name, value] of values) sent.append(name, value)
      return [{}, new NatsContext(['subject', sent])]
    },
  ],
  [
    'gRPC',
    (values) => {
      const metadata = new GrpcMetadata()
      for (const [name, value] of values) metadata.add(name, value)
      return [{}, metadata, { metadata, getPeer: () => '127.0.0.1:1', emit: () => true }]
    },
  ],
])('the metadata of a message of %s', (_, argsWith) => {
  it.each<[string, (good: string) => [name: string, value: string][]]>([
    [
      'the first one empty',
      (good) => [
        ['authorization', ''],
        ['authorization', good],
      ],
    ],
    [
      'the second one empty',
      (good) => [
        ['authorization', good],
        ['authorization', ''],
      ],
    ],
    [
      'in two cases, the first one empty',
      (good) => [
        ['authorization', ''],
        ['Authorization', good],
      ],
    ],
    [
      'in two cases, the second one empty',
      (good) => [
        ['Authorization', good],
        ['authorization', ''],
      ],
    ],
    [
      'the same twice',
      (good) => [
        ['authorization', good],
        ['authorization', good],
      ],
    ],
  ])('is malformed with two values: %s', async (_, values) => {
    const { askWith, tokens } = await start()
    const good = `Bearer ${await tokens.issueAccessToken('ida')}`

    expect(await askWith(argsWith([['authorization', good]]))).toBe(true)
    await expect(askWith(argsWith(values(good)))).rejects.toMatchObject({
      error: { status: 401, errorCode: 'token_malformed' },
    })
  })
})

describe('a context that is none of a known transport', () => {
  it.each([
    ['undefined', undefined],
    ['a plain object', { headers: { authorization: 'Bearer TOKEN' } }],
    [
      'a class of its own',
      new (class OwnContext {
        getArgs() {
          return []
        }
      })(),
    ],
  ])('is refused with what to write: %s', async (_, context) => {
    const { ask } = await start()

    await expect(ask(context as unknown as object)).rejects.toMatchObject({
      code: 'transport_unsupported',
      message: expect.stringMatching(/Handlers\.handle .* "rpc".*@Public\(\)/),
    })
  })

  it('is one of NATS without headers where there are none', async () => {
    const { ask } = await start()

    await expect(ask(new NatsContext(['subject', undefined]))).rejects.toMatchObject({
      error: { errorCode: 'token_missing' },
    })
  })
})

describe('withBearer', () => {
  /** A client that keeps what it would send. */
  function recording<T extends object>(type: abstract new (...args: never) => T) {
    const sent: unknown[] = []
    const client = Object.assign(Object.create(type.prototype as object) as ClientProxy, {
      send: (_pattern: unknown, data: unknown) => of(sent.push(data)),
    })
    return { client, sent }
  }

  it.each<[unknown, unknown]>([
    [{ id: 1 }, { value: { id: 1 }, headers: { authorization: 'Bearer a.b.c' } }],
    ['text', { value: 'text', headers: { authorization: 'Bearer a.b.c' } }],
    [
      { key: 'k', value: 'v', headers: { trace: 't', authorization: 'old' } },
      { key: 'k', value: 'v', headers: { trace: 't', authorization: 'Bearer a.b.c' } },
    ],
    [
      { value: 'v', headers: { Authorization: 'old', AUTHORIZATION: 'older' } },
      { value: 'v', headers: { authorization: 'Bearer a.b.c' } },
    ],
  ])('sends %j to Kafka with its headers and the token', (data, expected) => {
    const { client, sent } = recording(ClientKafka)
    withBearer(client, 'a.b.c').send('topic', data)

    expect(sent).toEqual([expected])
  })

  it('sends a record of MQTT with all its options and the token', () => {
    const { client, sent } = recording(ClientMqtt)
    const properties = { contentType: 'json', userProperties: { trace: 't', Authorization: 'old' } }
    const options = { qos: 2, retain: true, dup: true } as const
    withBearer(client, 'a.b.c').send('topic', new MqttRecord('data', { ...options, properties }))

    const userProperties = { trace: 't', authorization: 'Bearer a.b.c' }
    const expected = { ...options, properties: { contentType: 'json', userProperties } }
    expect(sent).toEqual([new MqttRecord('data', expected)])
  })

  it('sends a record of RabbitMQ with all its options and the token', () => {
    const { client, sent } = recording(ClientRMQ)
    const headers = { trace: 't', Authorization: 'old' }
    withBearer(client, 'a.b.c').send('topic', new RmqRecord('data', { priority: 3, headers }))

    const expected = { priority: 3, headers: { trace: 't', authorization: 'Bearer a.b.c' } }
    expect(sent).toEqual([new RmqRecord('data', expected)])
  })

  it('refuses a client that it does not know', () => {
    class OwnClient {
      send = () => of(1)
      emit = () => of(1)
    }

    expect(() => withBearer(new OwnClient() as unknown as ClientProxy, 'a.b.c').send('any', {})).toThrow(
      expect.objectContaining({
        code: 'client_unsupported',
        message: expect.stringContaining('OwnClient is not a client of TCP'),
      }),
    )
  })
})
