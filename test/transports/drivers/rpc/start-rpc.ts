import { randomUUID } from 'node:crypto'
import type { INestMicroservice, ModuleMetadata, Type } from '@nestjs/common'
import {
  type ClientOptions,
  type ClientProxy,
  ClientProxyFactory,
  type MicroserviceOptions,
} from '@nestjs/microservices'
import { Test } from '@nestjs/testing'
import { Clock } from '@nest-jwt-auth/core'
import { withBearer } from '@nest-jwt-auth/core/microservices'
import { firstValueFrom, lastValueFrom, type Observable } from 'rxjs'
import { logs } from '../../../support/logs.js'
import { type RpcTransport, tokenOfPayload } from './rpc-transports.js'

export interface RunningRpc {
  readonly name: string
  readonly app: INestMicroservice
  readonly client: ClientProxy
  /** Sends a message with the token where this transport carries it, and waits for the answer. */
  send(pattern: string, token?: string, data?: object): Promise<unknown>
  /** The same, for all answers. */
  stream(pattern: string, token?: string, data?: object): Observable<unknown>
  /** Sends an event with the token where this transport carries it. Resolves when it has left. */
  emit(pattern: string, token?: string, data?: object): Promise<unknown>
  close(): Promise<void>
}

export interface RpcApp extends ModuleMetadata {
  /** Made of a name that begins all patterns. */
  readonly handlers: (app: string) => Type | readonly Type[]
  readonly clock?: Clock
  readonly configure?: (app: INestMicroservice) => unknown
}

/** An app that listens on one transport, and a client of it. */
export async function startRpc(
  transport: RpcTransport,
  { handlers, clock, configure, ...metadata }: RpcApp,
): Promise<RunningRpc> {
  const name = `test-${randomUUID()}`
  const builder = Test.createTestingModule({ ...metadata, controllers: [handlers(name)].flat() }).setLogger(
    logs,
  )
  if (clock !== undefined) builder.overrideProvider(Clock).useValue(clock)
  const module = await builder.compile()
  const options = transport.options(name)
  const app = module.createNestMicroservice<MicroserviceOptions>(options)
  configure?.(app)
  await app.listen()
  await transport.subscribed?.(app)
  const client = ClientProxyFactory.create((transport.clientOptions?.(app, name) ?? options) as ClientOptions)
  await client.connect()
  const stream = (pattern: string, token?: string, data: object = {}): Observable<unknown> =>
    transport.hasMetadata
      ? withBearer(client, token).send<unknown>(`${name}.${pattern}`, data)
      : client.send<unknown>(`${name}.${pattern}`, { ...data, token })
  return {
    name,
    app,
    client,
    send: (...message) => firstValueFrom(stream(...message)),
    stream,
    emit: (pattern, token, data = {}) =>
      lastValueFrom(
        transport.hasMetadata
          ? withBearer(client, token).emit(`${name}.${pattern}`, data)
          : client.emit(`${name}.${pattern}`, { ...data, token }),
        { defaultValue: undefined },
      ),
    close: async () => {
      await client.close()
      await app.close()
    },
  }
}

/** The locations with which an app finds what `send` sends. */
export const locationsFor = ({ hasMetadata }: RpcTransport) =>
  hasMetadata ? {} : { locations: [tokenOfPayload] }
