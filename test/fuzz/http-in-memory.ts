import type { Server } from 'node:http'
import { duplexPair } from 'node:stream'
import type { INestApplication, ModuleMetadata } from '@nestjs/common'
import type { AbstractHttpAdapter } from '@nestjs/core'
import { Test } from '@nestjs/testing'
import { afterAll } from '@jest/globals'
import { Clock } from '@nest-jwt-auth/core'
import { logs } from '../support/logs.js'

export interface RawAnswer {
  /** `undefined`: the server hung up. */
  readonly status: number | undefined
  readonly text: string
}

const apps: INestApplication[] = []

afterAll(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()))
})

/** An app whose server reads raw bytes without a network, so that it is Node that parses what we send. */
export class AppInMemory {
  private constructor(private readonly server: Server) {}

  static async start(
    adapter: AbstractHttpAdapter,
    metadata: ModuleMetadata,
    clock: Clock,
  ): Promise<AppInMemory> {
    const builder = Test.createTestingModule(metadata).setLogger(logs).overrideProvider(Clock).useValue(clock)
    const app: INestApplication = (await builder.compile()).createNestApplication(adapter)
    await app.init()
    const instance = adapter.getInstance<{ ready?: () => unknown }>()
    await instance.ready?.()
    apps.push(app)
    const server = app.getHttpServer() as Server
    // Our side ends after the request; without this the server hangs up before it has answered.
    Object.assign(server, { httpAllowHalfOpen: true })
    return new AppInMemory(server)
  }

  /** Sends these bytes as they are on a connection of their own, and reads what comes until it closes. */
  async send(request: Buffer): Promise<RawAnswer> {
    const [ours, theirs] = duplexPair()
    this.server.emit('connection', theirs)
    const chunks: Buffer[] = []
    ours.on('data', (chunk: Buffer) => chunks.push(chunk))
    for (const side of [ours, theirs]) side.on('error', () => {})
    const closed = new Promise<void>((resolve) => {
      ours.once('end', resolve)
      // A side that is destroyed does not end the other.
      theirs.once('close', () => setImmediate(resolve))
    })
    ours.end(request)
    await closed
    ours.destroy()
    theirs.destroy()
    return parse(Buffer.concat(chunks).toString('latin1'))
  }
}

/** The answer after interim ones, such as 100 Continue. */
function parse(sent: string): RawAnswer {
  const text = sent.replace(/^(?:HTTP\/1\.1 1\d\d [^]*?\r\n\r\n)+/, '')
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(text) ?? []
  return { status: status === undefined ? undefined : Number(status), text }
}
