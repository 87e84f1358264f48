import { randomUUID } from 'node:crypto'
import type { Server } from 'node:net'
import type { ExecutionContext, INestMicroservice } from '@nestjs/common'
import { ClientProxy, type MicroserviceOptions, Transport } from '@nestjs/microservices'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Redis } from 'ioredis'
import type { MqttClient } from 'mqtt'
import { type Service, serviceAt } from '../../../support/services.js'

/** A transport of `@nestjs/microservices` with a `ClientProxy`. */
export interface RpcTransport {
  readonly name: string
  readonly service?: Service
  /** Whether its messages carry metadata on this version of Nest. */
  readonly hasMetadata: boolean
  /** The options of the app `app`, and of its clients. */
  readonly options: (app: string) => MicroserviceOptions
  /** The options of the clients, where they are known only when the app listens. */
  readonly clientOptions?: (running: INestMicroservice, app: string) => MicroserviceOptions
  /**
   * Resolves when the broker has the app's subscriptions. `listen` only sends them, so that a message from
   * another connection may reach the broker first. Missing where the broker keeps messages until then.
   */
  readonly subscribed?: (running: INestMicroservice) => Promise<unknown>
}

/** A busy machine is no reason to give a connection up: the default is a heartbeat each 5 seconds. */
const patient = { heartbeatIntervalInSeconds: 0, reconnectTimeInSeconds: 1 }

/** Since 12.0.2. */
const hasPacketMetadata = 'setOnDispatchHook' in ClientProxy.prototype

const hostAndPort = (service: Service) => {
  const { hostname, port } = new URL(serviceAt(service))
  return { host: hostname, port: Number(port) }
}

export const tcp: RpcTransport = {
  name: 'tcp',
  hasMetadata: hasPacketMetadata,
  options: () => ({ transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } }),
  clientOptions: (running) => {
    const address = running.unwrap<Server>().address()
    if (address === null || typeof address === 'string') throw new Error('The app does not listen on a port.')
    return { transport: Transport.TCP, options: { host: '127.0.0.1', port: address.port } }
  },
}

export const redis: RpcTransport = {
  name: 'redis',
  service: 'redis',
  hasMetadata: hasPacketMetadata,
  options: () => ({ transport: Transport.REDIS, options: hostAndPort('redis') }),
  subscribed: (running) => {
    const [, subscriber] = running.unwrap<[publisher: Redis, subscriber: Redis]>()
    return subscriber.ping()
  },
}

export const nats: RpcTransport = {
  name: 'nats',
  service: 'nats',
  hasMetadata: true,
  options: () => ({ transport: Transport.NATS, options: { servers: [serviceAt('nats')] } }),
  subscribed: (running) => running.unwrap<NatsConnection>().flush(),
}

export const mqtt: RpcTransport = {
  name: 'mqtt',
  service: 'mqtt',
  hasMetadata: true,
  options: () => ({ transport: Transport.MQTT, options: { url: serviceAt('mqtt'), protocolVersion: 5 } }),
  // A broker answers the packets of one connection in their order.
  subscribed: (running) => running.unwrap<MqttClient>().subscribeAsync(`subscribed-${randomUUID()}`),
}

export const rabbitmq: RpcTransport = {
  name: 'rabbitmq',
  service: 'rabbitmq',
  hasMetadata: true,
  options: (app) => ({
    transport: Transport.RMQ,
    options: {
      urls: [serviceAt('rabbitmq')],
      queue: app,
      queueOptions: { autoDelete: true },
      socketOptions: patient,
    },
  }),
}

export const rpcTransports: readonly RpcTransport[] = [tcp, redis, nats, mqtt, rabbitmq]

/** What an app does on a transport without metadata: the token is a member of the payload, read by a function of its own. */
export const tokenOfPayload = (context: ExecutionContext): string | undefined =>
  context.switchToRpc().getData<{ token?: string }>().token
