import { fileURLToPath } from 'node:url'
import { Metadata } from '@grpc/grpc-js'
import type { INestMicroservice, ModuleMetadata } from '@nestjs/common'
import {
  type ClientGrpcProxy,
  ClientProxyFactory,
  type GrpcOptions,
  type MicroserviceOptions,
  Transport,
} from '@nestjs/microservices'
import { Test } from '@nestjs/testing'
import { bearerMetadata } from '@nest-jwt-auth/core/microservices'
import type { Observable } from 'rxjs'
import { freePort } from '../../../support/free-port.js'
import { logs } from '../../../support/logs.js'

/** What `handlers.proto` declares. */
type Method =
  'Whoami' | 'Remove' | 'Open' | 'Watch' | 'Collect' | 'Chat' | 'PassedThrough' | 'PassedThroughOnce'

export interface GrpcAnswer {
  readonly sub?: string
}

export type GrpcService = Record<Method, (request: unknown, metadata: Metadata) => Observable<GrpcAnswer>>

/** What a client of `@grpc/grpc-js` gets of an error. */
export interface GrpcError {
  readonly code: number
  readonly details: string
  readonly metadata: Metadata
}

export interface RunningGrpc {
  readonly app: INestMicroservice
  call(method: Method, token?: string, request?: unknown, metadata?: Metadata): Observable<GrpcAnswer>
  close(): Promise<void>
}

export async function startGrpc(metadata: ModuleMetadata): Promise<RunningGrpc> {
  const options: GrpcOptions = {
    transport: Transport.GRPC,
    options: {
      package: 'handlers',
      protoPath: fileURLToPath(new URL('handlers.proto', import.meta.url)),
      url: `127.0.0.1:${await freePort()}`,
    },
  }
  const module = await Test.createTestingModule(metadata).setLogger(logs).compile()
  const app = module.createNestMicroservice<MicroserviceOptions>(options)
  await app.listen()
  const client = ClientProxyFactory.create(options) as unknown as ClientGrpcProxy
  const service = client.getService<GrpcService>('Handlers')
  return {
    app,
    call: (method, token, request = {}, sent = new Metadata()) =>
      service[method](request, bearerMetadata(sent, token)),
    close: async () => {
      client.close()
      await app.close()
    },
  }
}
