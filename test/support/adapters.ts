import type { INestApplication, ModuleMetadata } from '@nestjs/common'
import type { AbstractHttpAdapter } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { Test, type TestingModule, type TestingModuleBuilder } from '@nestjs/testing'
import { afterAll } from '@jest/globals'
import { Clock, TokenService } from '@nest-jwt-auth/core'
import type { ServerTls } from './certificate.js'
import { sendRequest, type Answer, type Request } from './http.js'
import { logs } from './logs.js'

export interface Adapter {
  name: string
  create: () => AbstractHttpAdapter
}

/** Every spec that speaks HTTP runs over all of these. */
export const adapters: Adapter[] = [
  { name: 'express', create: () => new ExpressAdapter() },
  { name: 'fastify', create: () => new FastifyAdapter() },
]

export interface StartOptions {
  clock?: Clock
  /** Over TLS. */
  https?: ServerTls
  override?: (builder: TestingModuleBuilder) => unknown
  configure?: (app: INestApplication) => unknown
}

const closers: (() => Promise<void>)[] = []

afterAll(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

/** An application that listens on a free port of the loopback interface. */
export class RunningApp {
  constructor(
    readonly nest: INestApplication,
    readonly port: number,
  ) {}

  get tokens(): TokenService {
    return this.nest.get(TokenService)
  }

  get(path: string, token?: string): Promise<Answer> {
    return this.send({ path, ...withBearer(token) })
  }

  post(path: string, body: unknown, token?: string): Promise<Answer> {
    return this.send({ method: 'POST', path, body, ...withBearer(token) })
  }

  delete(path: string, token?: string): Promise<Answer> {
    return this.send({ method: 'DELETE', path, ...withBearer(token) })
  }

  send(request: Request): Promise<Answer> {
    return sendRequest(this.port, request)
  }
}

/** A module without HTTP, for what does not depend on the adapter. */
export async function startModule(
  metadata: ModuleMetadata,
  options: StartOptions = {},
): Promise<TestingModule> {
  const module = await compile(metadata, options)
  await module.init()
  closers.push(() => module.close())
  return module
}

/** Closed by itself after the last test of the file. */
export async function startApp(
  adapter: Adapter,
  metadata: ModuleMetadata,
  options: StartOptions = {},
): Promise<RunningApp> {
  const module = await compile(metadata, options)
  const app = module.createNestApplication(adapter.create(), {
    forceCloseConnections: true,
    ...(options.https && { httpsOptions: options.https }),
  })
  await options.configure?.(app)
  await app.listen(0, '127.0.0.1')
  closers.push(() => app.close())
  return new RunningApp(app, portOf(app))
}

function compile(metadata: ModuleMetadata, options: StartOptions): Promise<TestingModule> {
  const builder = Test.createTestingModule(metadata).setLogger(logs)
  if (options.clock) builder.overrideProvider(Clock).useValue(options.clock)
  options.override?.(builder)
  return builder.compile()
}

function withBearer(token: string | undefined): Pick<Request, 'headers'> {
  return token === undefined ? {} : { headers: [['Authorization', `Bearer ${token}`]] }
}

function portOf(app: INestApplication): number {
  const server = app.getHttpServer() as { address(): { port: number } | string | null }
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The app does not listen on a port.')
  return address.port
}
