import { randomBytes } from 'node:crypto'
import { connect, type Http2Server } from 'node:http2'
import { PassThrough } from 'node:stream'
import { Controller, Get, Sse, StreamableFile, UseGuards } from '@nestjs/common'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { expect, it } from '@jest/globals'
import { CloseAtExpiry, JwtAuthModule, JwtGuard } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { NEVER, startWith } from 'rxjs'
import { startApp } from '../support/adapters.js'
import { CountingStore } from './counting-store.js'

@Controller()
@UseGuards(JwtGuard)
class StreamsController {
  @Sse('events')
  @CloseAtExpiry()
  events() {
    return NEVER.pipe(startWith({ data: 'first' }))
  }

  @Get('file')
  @CloseAtExpiry()
  file() {
    const file = new PassThrough()
    file.write('first half')
    return new StreamableFile(file)
  }
}

it('@CloseAtExpiry() over HTTP/2 ends its own streams, and leaves the others of the connection alone', async () => {
  const clock = new FakeClock()
  const app = await startApp(
    { name: 'fastify', create: () => new FastifyAdapter({ http2: true }) },
    { imports: [JwtAuthModule.forRoot({ secret: randomBytes(32) })], controllers: [StreamsController] },
    { clock },
  )
  const session = connect(`http://127.0.0.1:${app.port}`)
  const open = async (path: string, expiresIn: string) => {
    const authorization = `Bearer ${await app.tokens.issueAccessToken('ada', { expiresIn })}`
    const stream = session.request({ ':path': path, authorization })
    const received = { text: '', rstCode: NaN }
    stream.setEncoding('utf8').on('error', () => undefined)
    await new Promise<void>((resolve) => {
      stream.on('data', (chunk: string) => {
        received.text += chunk
        if (received.text.includes('first')) resolve()
      })
    })
    const ended = new Promise<typeof received>((resolve) => {
      stream.on('close', () => resolve({ ...received, rstCode: stream.rstCode ?? 0 }))
    })
    return { stream, ended }
  }

  const [events, file, other] = [
    await open('/events', '1m'),
    await open('/file', '1m'),
    await open('/events', '10m'),
  ]
  clock.advance('1m')
  expect(await events.ended).toMatchObject({ rstCode: 0, text: expect.stringContaining('event: auth') })
  const { rstCode, text } = await file.ended
  expect([rstCode, text]).toEqual([8, 'first half'])
  expect(other.stream.closed).toBe(false)
  session.destroy()
})

it('@CloseAtExpiry() over HTTP/2 forgets a client that left before the handler', async () => {
  const store = new CountingStore()
  const clock = new FakeClock()
  const app = await startApp(
    { name: 'fastify', create: () => new FastifyAdapter({ http2: true }) },
    {
      imports: [JwtAuthModule.forRoot({ secret: randomBytes(32), sessionStore: { useValue: store } })],
      controllers: [StreamsController],
    },
    { clock },
  )
  const { accessToken } = await app.tokens.issue('ada')
  const closed = new Promise<void>((resolve) => {
    const server = app.nest.getHttpServer() as Http2Server
    server.on('stream', (stream) => void stream.once('close', () => setImmediate(resolve)))
  })
  const session = connect(`http://127.0.0.1:${app.port}`)
  const left = new Promise<void>((resolve) => {
    store.delay = async () => {
      stream.close()
      await closed
      resolve()
    }
  })
  const stream = session.request({ ':path': '/file', authorization: `Bearer ${accessToken}` })
  await left
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => void setImmediate(resolve))
  clock.advance('30s')
  expect(store.asked).toBe(0)
  session.destroy()
})
