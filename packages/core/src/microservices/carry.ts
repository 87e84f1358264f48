import {
  ClientKafka,
  ClientMqtt,
  ClientNats,
  type ClientProxy,
  ClientRedis,
  ClientRMQ,
  ClientTCP,
  MqttRecord,
  MqttRecordBuilder,
  NatsRecord,
  RmqRecord,
  RmqRecordBuilder,
} from '@nestjs/microservices'
import { JwtAuthUsageError } from '../errors/usage.error.js'
import { type Metadata, withDispatchHook, withNatsHeaders } from './client-internals.js'

/** The part of a `ClientProxy` that sends messages. */
export type BearerClient = Pick<ClientProxy, 'send' | 'emit'>

/** What is sent, and by which client. */
export interface Carried {
  readonly client: BearerClient
  readonly data: unknown
}

/** Puts `authorization` where the transport of the client has metadata. Throws `client_unsupported`. */
export function carry(client: BearerClient, data: unknown, authorization: string): Carried {
  if (client instanceof ClientMqtt) return { client, data: mqttRecord(data, authorization) }
  if (client instanceof ClientRMQ) return { client, data: rmqRecord(data, authorization) }
  if (client instanceof ClientKafka) return { client, data: kafkaMessage(data, authorization) }
  if (client instanceof ClientNats) return natsRecord(client, data, authorization)
  if (client instanceof ClientTCP || client instanceof ClientRedis) {
    if ('setOnDispatchHook' in client) {
      const hooked = withDispatchHook(client, (metadata) => authorized(metadata, authorization))
      return { client: hooked, data }
    }
    throw unsupported(
      client,
      'carries metadata only since version 12.0.2 of @nestjs/microservices. Update it, or send the token in the payload ' +
        'and read it there with a location function',
    )
  }
  throw unsupported(
    client,
    'is not a client of TCP, Redis, NATS, MQTT, RabbitMQ or Kafka of @nestjs/microservices. Put `authorization` into the ' +
      'metadata of its messages yourself; for gRPC there is bearerMetadata()',
  )
}

/** Replaces the value under a name of any case too: the receiver would take two values for malformed. */
function authorized<Value>(
  metadata: Readonly<Record<string, Value>> | undefined,
  authorization: string,
): Record<string, Value | string> {
  const others = Object.entries(metadata ?? {}).filter(([name]) => !isAuthorization(name))
  return Object.fromEntries<Value | string>([...others, ['authorization', authorization]])
}

function isAuthorization(name: string): boolean {
  return name.toLowerCase() === 'authorization'
}

function mqttRecord(data: unknown, authorization: string): MqttRecord {
  const { data: payload, options = {} } = data instanceof MqttRecord ? data : { data }
  const { userProperties, ...properties } = options.properties ?? {}
  const builder = new MqttRecordBuilder(payload)
  if (options.qos !== undefined) builder.setQoS(options.qos)
  if (options.retain !== undefined) builder.setRetain(options.retain)
  if (options.dup !== undefined) builder.setDup(options.dup)
  return builder
    .setProperties({ ...properties, userProperties: authorized(userProperties, authorization) })
    .build()
}

function rmqRecord(data: unknown, authorization: string): RmqRecord {
  const { data: payload, options = {} } = data instanceof RmqRecord ? data : { data }
  return new RmqRecordBuilder(payload)
    .setOptions({ ...options, headers: authorized(options.headers, authorization) })
    .build()
}

/** Nest takes an object with `key` or `value` for a message, and anything else for the value of one. */
function kafkaMessage(data: unknown, authorization: string): object {
  const isMessage = typeof data === 'object' && data !== null && ('key' in data || 'value' in data)
  const message: { readonly headers?: Metadata } = isMessage ? data : ({ value: data } as object)
  return { ...message, headers: authorized(message.headers, authorization) }
}

/** Headers of a message of NATS, of either version of the client library. */
interface NatsHeaders {
  readonly code?: number
  readonly description?: string
  keys(): Iterable<string>
  values(name: string): readonly string[]
  append(name: string, value: string): void
  set(name: string, value: string): void
}

/** Only the client library can make headers. Nest has it make them, unless a record brings its own. */
function natsRecord(client: ClientNats, data: unknown, authorization: string): Carried {
  const sending = withNatsHeaders(client, (headers) => authorized(headers, authorization))
  if (!(data instanceof NatsRecord && data.headers)) return { client: sending, data }
  const headers = copyOf(data.headers as NatsHeaders)
  headers.set('authorization', authorization)
  return { client: sending, data: new NatsRecord(data.data, headers) }
}

/** Without `authorization`. The app may send its record again for another caller, whose message must not have this token. */
function copyOf(headers: NatsHeaders): NatsHeaders {
  const Headers = headers.constructor as new (code?: number, description?: string) => NatsHeaders
  const copy = new Headers(headers.code, headers.description)
  for (const name of headers.keys()) {
    if (!isAuthorization(name)) for (const value of headers.values(name)) copy.append(name, value)
  }
  return copy
}

function unsupported(client: BearerClient, problem: string): JwtAuthUsageError {
  return new JwtAuthUsageError('client_unsupported', `withBearer(): ${client.constructor.name} ${problem}.`)
}
