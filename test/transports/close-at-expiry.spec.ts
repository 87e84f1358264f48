import { randomBytes } from 'node:crypto'
import { Agent, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import {
  Controller,
  Get,
  Header,
  type MessageEvent,
  Module,
  Res,
  Sse,
  StreamableFile,
  UseGuards,
} from '@nestjs/common'
import { afterEach, describe, expect, it } from '@jest/globals'
import {
  CloseAtExpiry,
  JwtAuthModule,
  JwtGuard,
  OpenConnections,
  OptionalAuth,
  Public,
} from '@nest-jwt-auth/core'
import { FakeClock, signedInGuard } from '@nest-jwt-auth/core/testing'
import { NEVER, Observable, Subject } from 'rxjs'
import { type Adapter, adapters, type RunningApp, startApp } from '../support/adapters.js'
import { newTls } from '../support/certificate.js'
import { logs } from '../support/logs.js'
import { isFrom } from '../support/nest-version.js'
import { CountingStore } from './counting-store.js'

const [express] = adapters as [Adapter]

const events = new Subject<MessageEvent>()
/** Resolves with what a handler has opened. */
let onOpened: (stream: Readable) => void = () => undefined
let onFinish: (value?: unknown) => void = () => undefined
let onStarted: () => void = () => undefined
let onStopped: () => void = () => undefined

/** A source with some content that never ends. */
function hangingFile(): Readable {
  const file = new PassThrough()
  file.write('half of a file')
  onOpened(file)
  return file
}

function watchedSource(source: Observable<MessageEvent>): Observable<MessageEvent> {
  return new Observable((subscriber) => {
    const subscription = source.subscribe(subscriber)
    onStarted()
    return () => {
      subscription.unsubscribe()
      onStopped()
    }
  })
}

@Controller()
@UseGuards(JwtGuard)
class StreamsController {
  @Sse('events')
  @CloseAtExpiry()
  events() {
    return watchedSource(events)
  }

  @Sse('hanging')
  @CloseAtExpiry()
  hanging() {
    return watchedSource(NEVER)
  }

  @Sse('preparing')
  @CloseAtExpiry()
  preparing(): Promise<Observable<MessageEvent>> {
    onStarted()
    return new Promise(() => undefined)
  }

  @Sse('flood')
  @CloseAtExpiry()
  flood() {
    return watchedSource(
      new Observable((subscriber) => {
        for (let part = 0; part < 30; part++) subscriber.next({ data: 'x'.repeat(100_000) })
      }),
    )
  }

  @Sse('maybe')
  @OptionalAuth()
  @CloseAtExpiry()
  maybe() {
    return watchedSource(events)
  }

  @Get('file')
  @CloseAtExpiry()
  file() {
    return new StreamableFile(hangingFile())
  }

  @Get('file-with-length')
  @CloseAtExpiry()
  fileWithLength() {
    return new StreamableFile(hangingFile(), { length: 1_000_000 })
  }

  @Get('piped')
  @Header('Content-Type', 'text/plain')
  @CloseAtExpiry()
  piped(@Res() reply: ServerResponse & { raw?: ServerResponse; hijack?: () => void }) {
    reply.hijack?.()
    hangingFile().pipe(reply.raw ?? reply)
  }

  /** Nest 12.4 sends what it yields. */
  @Get('yielded')
  @CloseAtExpiry()
  async *yielded() {
    try {
      yield 'half of a file'
      onStarted()
      await new Promise((resolve) => (onFinish = resolve))
    } finally {
      onStopped()
    }
  }

  @Get('long-poll')
  @CloseAtExpiry()
  longPoll() {
    onStarted()
    return new Promise(() => undefined)
  }

  @Get('short')
  @CloseAtExpiry()
  short() {
    return { fine: true }
  }
}

@Controller('whole-class')
@CloseAtExpiry()
@UseGuards(JwtGuard)
class WholeClassController {
  @Sse('events')
  @CloseAtExpiry()
  events() {
    return watchedSource(events)
  }
}

@Controller('unguarded')
class UnguardedController {
  @Sse('events')
  @CloseAtExpiry()
  events() {
    return NEVER
  }
}

@Public()
@Controller('public')
@UseGuards(JwtGuard)
class PublicController {
  @Sse('events')
  @CloseAtExpiry()
  events() {
    return NEVER
  }
}

const itWithIterables = isFrom(12, 4) ? it : it.skip

/** The server's side of the last request. */
interface ServerSide {
  response?: ServerResponse
  /** Resolves when its connection has closed. */
  closed?: Promise<void>
}

function observed({ nest }: RunningApp): ServerSide {
  const side: ServerSide = {}
  const server = nest.getHttpServer() as Server
  server.prependListener('request', (_request, response) => (side.response = response))
  server.on('connection', (socket) => {
    side.closed = new Promise((resolve) => void socket.once('close', () => setImmediate(resolve)))
  })
  return side
}

interface Received {
  readonly response: IncomingMessage
  /** Resolves when this text has come. */
  readonly until: (text: string) => Promise<void>
  /** Resolves with all that came, and whether the response was complete. */
  readonly end: Promise<{ text: string; isWhole: boolean }>
}

function open({ port }: RunningApp, path: string, token: string): Promise<Received> {
  return new Promise((resolve, reject) => {
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
    const request = get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      const until = async (awaited: string): Promise<void> => {
        while (!text.includes(awaited)) await new Promise((come) => void response.once('data', come))
      }
      const end = new Promise<{ text: string; isWhole: boolean }>((done) => {
        response.on('error', () => undefined)
        response.on('close', () => done({ text, isWhole: response.complete }))
      })
      resolve({ response, until, end })
    })
    request.on('error', reject)
  })
}

const nextCall = (set: (call: () => void) => void) => new Promise<void>((resolve) => set(resolve))
const started = () => nextCall((call) => (onStarted = call))
const stopped = () => nextCall((call) => (onStopped = call))
const opened = () => new Promise<Readable>((resolve) => (onOpened = resolve))
const closed = (stream: Readable) => new Promise<void>((resolve) => void stream.once('close', resolve))

afterEach(() => {
  onOpened = () => undefined
  onStarted = () => undefined
  onStopped = () => undefined
})

describe.each(adapters)('@CloseAtExpiry() on $name', (adapter) => {
  async function start(options: { isGlobal?: boolean; secret?: string } = {}) {
    const [store, clock] = [new CountingStore(), new FakeClock()]
    const root = JwtAuthModule.forRoot({
      secret: randomBytes(32),
      sessionStore: { useValue: store },
      ...options,
    })
    const controllers = [StreamsController, WholeClassController, UnguardedController, PublicController]
    @Module({ imports: [root], controllers })
    class StreamsModule {}
    const app = await startApp(adapter, { imports: [root, StreamsModule] }, { clock })
    const { accessToken: token } = await app.tokens.issue('ada', { expiresIn: '1m' })
    /** How often the store is asked in an interval. */
    const asks = (): number => {
      store.asked = 0
      clock.advance('30s')
      return store.asked
    }
    return { app, clock, store, token, asks, server: observed(app) }
  }

  /** Each returns what the client got last. */
  const ends = [
    {
      code: 'token_expired',
      act: async ({ clock }: Awaited<ReturnType<typeof start>>) => clock.advance('1m'),
    },
    {
      code: 'token_revoked',
      act: async ({ app }: Awaited<ReturnType<typeof start>>) => void (await app.tokens.revokeAll('ada')),
    },
  ]

  describe.each(ends)('$code', ({ code, act }) => {
    it.each(['events', 'hanging'])(
      'ends the stream of events %s with a last one that names the code',
      async (path) => {
        const all = await start()
        const [begun, over] = [started(), stopped()]
        const { end } = await open(all.app, `/${path}`, all.token)
        await begun
        events.next({ data: 'one' })
        await act(all)
        await over
        const { text, isWhole } = await end
        expect(isWhole).toBe(true)
        expect(text).toMatch(
          new RegExp(`event: auth\\n(id: \\d+\\n)?data: \\{"errorCode":"${code}"\\}\\n\\n$`),
        )
        expect(text.match(/event: auth/g)).toHaveLength(1)
        expect(text.includes('data: one')).toBe(path === 'events')
      },
    )

    it('ends a stream of events whose handler is still preparing it', async () => {
      const all = await start()
      const begun = started()
      const opening = open(all.app, '/preparing', all.token)
      await begun
      await act(all)
      const { text } = await (await opening).end
      expect(text).toContain(`data: {"errorCode":"${code}"}`)
    })

    it.each(['file', 'file-with-length', 'piped'])('cuts off the download %s', async (path) => {
      const all = await start()
      const opening = opened()
      const { until, end } = await open(all.app, `/${path}`, all.token)
      const source = await opening
      const released = path === 'piped' ? undefined : closed(source)
      await until('half of a file')
      await act(all)
      expect(await end).toEqual({ text: 'half of a file', isWhole: false })
      await released
    })

    itWithIterables('cuts off what an async iterable yields', async () => {
      const all = await start()
      const { until, end } = await open(all.app, '/yielded', all.token)
      await until('half of a file')
      const over = stopped()
      await act(all)
      expect(await end).toEqual({ text: 'half of a file', isWhole: false })
      onFinish()
      await over
    })

    it('refuses what has not been answered yet', async () => {
      const all = await start()
      const begun = started()
      const answer = all.app.get('/long-poll', all.token)
      await begun
      await act(all)
      const { status, headers, body } = await answer
      expect([status, body]).toEqual([401, expect.objectContaining({ errorCode: code })])
      expect(headers['www-authenticate']).toContain('error="invalid_token"')
    })
  })

  it('resets the connection of a client of HTTP/1.0, to whom a regular end is the end of the file', async () => {
    const { app, clock, token } = await start()
    const socket = connect(app.port, '127.0.0.1')
    socket.write(`GET /file HTTP/1.0\r\nAuthorization: Bearer ${token}\r\n\r\n`)
    let text = ''
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (text.includes('half of a file')) resolve()
      })
    })
    const how = new Promise<string>((resolve) => {
      socket.once('error', (error) => resolve(String(Reflect.get(error, 'code'))))
      socket.once('end', () => resolve('a regular end'))
    })
    clock.advance('1m')
    expect(await how).toBe('ECONNRESET')
  })

  it('keeps the last id of the handler, with which the client comes back', async () => {
    const { app, clock, token } = await start()
    const begun = started()
    const { end } = await open(app, '/events', token)
    await begun
    events.next({ data: 'one', id: 'item-17' })
    events.next({ data: 'two' })
    clock.advance('1m')
    expect((await end).text).toContain('event: auth\nid: item-17\n')
  })

  it('sends one last event where it stands on class and handler', async () => {
    const { app, clock, token } = await start()
    const begun = started()
    const { end } = await open(app, '/whole-class/events', token)
    await begun
    clock.advance('1m')
    expect((await end).text.match(/event: auth/g)).toHaveLength(1)
  })

  it('cuts off a client that does not read its events', async () => {
    const { app, clock, token, server } = await start()
    const [begun, over] = [started(), stopped()]
    const socket = connect(app.port, '127.0.0.1')
    socket.write(`GET /flood HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`)
    socket.pause()
    await begun
    clock.advance('1m')
    await over
    expect(server.response?.destroyed).toBe(false)
    clock.advance('5s')
    await server.closed
    socket.destroy()
  })

  it.each(['events', 'file', 'piped'])('forgets the client of %s that leaves', async (path) => {
    const { app, asks, server } = await start()
    const { accessToken } = await app.tokens.issue('ada')
    const [begun, over, opening] = [started(), stopped(), opened()]
    const { response } = await open(app, `/${path}`, accessToken)
    if (path === 'events') await begun
    const source = path === 'events' ? undefined : await opening
    expect(asks()).toBe(1)
    const released = path === 'events' ? over : path === 'file' && source ? closed(source) : undefined
    response.destroy()
    await server.closed
    await released
    expect(asks()).toBe(0)
  })

  it.each(['short', 'file', 'events'])(
    'forgets the client of %s that left before the handler',
    async (path) => {
      const { app, store, asks, server } = await start()
      const { accessToken } = await app.tokens.issue('ada')
      let open = 0
      onStarted = () => void open++
      onStopped = () => void open--
      onOpened = (file) => void (open++, file.once('close', onStopped))
      const socket = connect(app.port, '127.0.0.1')
      const lookedUp = new Promise<void>((resolve) => {
        store.delay = async () => {
          socket.destroy()
          await server.closed
          resolve()
        }
      })
      socket.write(`GET /${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${accessToken}\r\n\r\n`)
      await lookedUp
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => void setImmediate(resolve))
      expect([asks(), open]).toEqual([0, 0])
    },
  )

  it('forgets the clients of pipelined requests too', async () => {
    const { app, asks, server } = await start()
    const { accessToken } = await app.tokens.issue('ada')
    const socket = connect(app.port, '127.0.0.1')
    const request = (path: string) =>
      `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${accessToken}\r\n\r\n`
    const both = new Promise<void>((resolve) => {
      let calls = 0
      onStarted = () => void (++calls === 2 && resolve())
    })
    socket.write(request('/hanging') + request('/long-poll'))
    await both
    expect(asks()).toBe(1)
    socket.destroy()
    await server.closed
    expect(asks()).toBe(0)
  })

  it('leaves short answers as they are, and forgets them', async () => {
    const { app, asks, token } = await start()
    for (let call = 0; call < 3; call++) expect((await app.get('/short', token)).body).toEqual({ fine: true })
    expect(asks()).toBe(0)
  })

  it('keeps nothing of an answered request while its connection is kept alive', async () => {
    const { app, token, server } = await start()
    const connections = app.nest.get(OpenConnections)
    const add = connections.add.bind(connections)
    let removed = 0
    connections.add = (...args) => {
      const connection = add(...args)
      return { ...connection, remove: () => (removed++, connection.remove()) }
    }
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const headers: [string, string][] = [['Authorization', `Bearer ${token}`]]
    for (let call = 0; call < 3; call++) await app.send({ path: '/short', headers, agent })
    agent.destroy()
    await server.closed
    expect(removed).toBe(3)
  })

  it('limits a known caller of an @OptionalAuth route, and no anonymous one', async () => {
    const { app, clock, token } = await start()
    const begun = started()
    const known = await open(app, '/maybe', token)
    await begun
    const begunToo = started()
    const anonymous = await open(app, '/maybe', '')
    await begunToo
    clock.advance('1h')
    expect((await known.end).text).toContain('event: auth')
    events.next({ data: 'still here' })
    await anonymous.until('still here')
    anonymous.response.destroy()
  })

  it('works where the module is not global', async () => {
    const { app, clock, token } = await start({ isGlobal: false })
    const begun = started()
    const { end } = await open(app, '/events', token)
    await begun
    clock.advance('1m')
    expect((await end).text).toContain('event: auth')
  })

  it('without a guard, and on a public class, is an error that says what to write', async () => {
    const { app, token } = await start()
    logs.clear()
    expect((await app.get('/unguarded/events', token)).status).toBe(500)
    expect(logs.text('error')).toMatch(
      /@CloseAtExpiry\(\) on UnguardedController.events: no JwtGuard ran for this route. Write @UseGuards\(JwtGuard\)/,
    )
    logs.clear()
    expect((await app.get('/public/events', token)).status).toBe(500)
    expect(logs.text('error')).toMatch(/@CloseAtExpiry\(\) on PublicController.events: the handler is public/)
  })

  it('lets everything pass where a test stands in for the guard', async () => {
    const app = await startApp(
      adapter,
      {
        imports: [JwtAuthModule.forRoot({ secret: randomBytes(32) })],
        controllers: [StreamsController],
      },
      {
        override: (builder) =>
          builder.overrideProvider(JwtGuard).useValue(signedInGuard({ claims: { sub: 'ada' } })),
      },
    )
    expect((await app.get('/short')).body).toEqual({ fine: true })
  })
})

it('@CloseAtExpiry() ends the connection of a client of HTTP/1.0 over TLS too', async () => {
  const clock = new FakeClock()
  const app = await startApp(
    express,
    { imports: [JwtAuthModule.forRoot({ secret: randomBytes(32) })], controllers: [StreamsController] },
    { clock, https: newTls('127.0.0.1') },
  )
  const token = await app.tokens.issueAccessToken('ada', { expiresIn: '1m' })
  const socket = connectTls({ host: '127.0.0.1', port: app.port, rejectUnauthorized: false })
  socket.write(`GET /file HTTP/1.0\r\nAuthorization: Bearer ${token}\r\n\r\n`)
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => chunk.includes('half of a file') && resolve())
  })
  const ended = new Promise<void>((resolve) => {
    socket.on('error', () => undefined)
    socket.once('close', () => resolve())
  })
  clock.advance('1m')
  await ended
})

it('@CloseAtExpiry() contradicts @Public() on the same target', () => {
  const write = () => {
    class Contradicting {
      @Public()
      @CloseAtExpiry()
      events() {}
    }
    return Contradicting
  }
  expect(write).toThrow(/@Public\(\) on Contradicting.events contradicts .*@CloseAtExpiry/)
})
