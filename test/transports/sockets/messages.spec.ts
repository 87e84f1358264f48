import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common'
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { describe, expect, it } from '@jest/globals'
import {
  Claims,
  CurrentIdentity,
  type IdentityLoader,
  InMemorySessionStore,
  type JwtClaims,
  JwtAuthContext,
  JwtAuthContextInterceptor,
  JwtAuthEvents,
  JwtGuard,
  type JwtAuthEvent,
  RequireScopes,
  UseRefreshToken,
} from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { map } from 'rxjs'
import { readToken } from '../../support/forge.js'
import { logs } from '../../support/logs.js'
import { connectIo, nextEvent } from '../../support/socket-io-client.js'
import { ChatGateway } from './gateway.js'
import { exception, kinds, type SocketApp, type SocketKind, startSockets } from './kinds.js'

class CountingStore extends InMemorySessionStore {
  asked = 0

  override lookUp(input: Parameters<InMemorySessionStore['lookUp']>[0]) {
    this.asked++
    return super.lookUp(input)
  }
}

@Injectable()
class Users implements IdentityLoader {
  loaded = 0

  async loadIdentity({ sub }: JwtClaims) {
    this.loaded++
    return sub === 'gone' ? null : { id: sub, name: `${sub} the user` }
  }
}

/** Answers with the event that the client sent. */
class PatternInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    const pattern = context.switchToWs().getPattern()
    return next.handle().pipe(map(() => ({ event: 'answer', data: { pattern } })))
  }
}

/** Guarded three times, with everything that reads what the guard found out. */
@WebSocketGateway()
@UseGuards(JwtGuard, JwtGuard)
@UseInterceptors(JwtAuthContextInterceptor)
@Injectable()
class ContextGateway {
  constructor(
    @Inject(JwtSockets) private readonly sockets: JwtSockets,
    @Inject(JwtAuthContext) private readonly context: JwtAuthContext,
  ) {}

  afterInit(server: object): void {
    this.sockets.protect(server)
  }

  @SubscribeMessage('context')
  @RequireScopes('chat')
  async handle(@Claims('sub') sub: string, @CurrentIdentity('name') name: string) {
    await new Promise((resolve) => void setImmediate(resolve))
    const identity = await this.context.identity()
    return { event: 'answer', data: { sub, name, context: this.context.claims?.sub, identity } }
  }

  @SubscribeMessage('plain')
  plain(_client: object, data: unknown) {
    return { event: 'answer', data: { data, context: this.context.claims?.sub } }
  }

  @SubscribeMessage('pattern')
  @UseInterceptors(PatternInterceptor)
  pattern() {}

  @SubscribeMessage('refresh')
  @UseRefreshToken()
  refresh() {
    return { event: 'answer', data: {} }
  }
}

const chat = { claims: { scope: 'chat' } }

describe.each(kinds)('a message of $name', (kind) => {
  it('is refused by the policies of its handler, and the connection stays open', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const client = await kind.connect(app, { token: await app.tokens.issueAccessToken('ada') })

    expect(await client.ask('admin')).toEqual(exception(403, 'insufficient_claims'))
    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it.each([
    { by: 'a token', credentials: (token: string) => ({ token }) },
    {
      by: 'a ticket',
      credentials: async (token: string, app: SocketApp) => ({
        ticket: await app.nest.get(JwtSockets).ticket(token),
      }),
    },
  ])(
    'is refused from the second at which the token expires, whether the connection is closed by then or not: opened by $by',
    async ({ credentials }) => {
      const app = await startSockets(kind, [UnwatchedGateway])
      const token = await app.tokens.issueAccessToken('ada', { expiresIn: '10s' })
      const client = await kind.connect(app, await credentials(token, app))
      app.clock.set((readToken(token).claims['exp'] as number) * 1000 - 1)
      expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
      quietly(app.clock, (readToken(token).claims['exp'] as number) * 1000)
      expect(await client.ask('whoami')).toEqual(exception(401, 'token_expired'))
    },
  )

  it('is refused when the session store is down, and served again when it is back', async () => {
    const store = new CountingStore()
    const app = await startSockets(kind, [ChatGateway], { sessionStore: { useValue: store } })
    const client = await kind.connect(app, { token: await app.tokens.issueAccessToken('ada') })
    const lookUp = store.lookUp.bind(store)
    store.lookUp = () => Promise.reject(new Error('down'))
    expect(await client.ask('whoami')).toEqual(exception(503, 'store_unavailable'))
    store.lookUp = lookUp
    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it('is verified once, however many guards and parameters ask', async () => {
    const [store, users] = [new CountingStore(), new Users()]
    const options = {
      requestContext: true,
      sessionStore: { useValue: store },
      identityLoader: { useValue: users },
    }
    const app = await startSockets(kind, [ContextGateway], options)
    const client = await kind.connect(app, { token: await app.tokens.issueAccessToken('ada', chat) })
    const before = store.asked
    const identity = { id: 'ada', name: 'ada the user' }

    expect(await client.ask('context')).toEqual({
      event: 'answer',
      data: { sub: 'ada', name: 'ada the user', context: 'ada', identity },
    })
    expect({ asked: store.asked - before, loaded: users.loaded }).toEqual({ asked: 1, loaded: 1 })
    await client.ask('context')
    expect({ asked: store.asked - before, loaded: users.loaded }).toEqual({ asked: 2, loaded: 2 })
  })

  it('reaches a handler without parameter decorators, with its data where Nest puts it', async () => {
    const app = await startSockets(kind, [ContextGateway], { requestContext: true })
    const client = await kind.connect(app, { token: await app.tokens.issueAccessToken('ada') })
    expect(await client.ask('plain', { text: 'hello' })).toEqual({
      event: 'answer',
      data: { data: { text: 'hello' }, context: 'ada' },
    })
  })

  it.each([{ text: 'hello' }, undefined])('keeps its pattern, sent with the data %j', async (data) => {
    const app = await startSockets(kind, [ContextGateway], { requestContext: true })
    const client = await kind.connect(app, { token: await app.tokens.issueAccessToken('ada') })
    expect(await client.ask('pattern', data)).toEqual({ event: 'answer', data: { pattern: 'pattern' } })
  })

  it('is refused where its identity is gone', async () => {
    const app = await startSockets(kind, [ChatGateway], { identityLoader: { useValue: new Users() } })
    const client = await kind.connect(app, { token: await app.tokens.issueAccessToken('gone') })
    expect(await client.ask('identity')).toEqual(exception(401, 'identity_unknown'))
  })

  it('cannot bring a refresh token', async () => {
    const app = await startSockets(kind, [ContextGateway])
    const client = await kind.connect(app, { token: await app.tokens.issueAccessToken('ada') })
    expect(await client.ask('refresh')).toEqual(exception(401, 'token_wrong_type'))
  })

  it('whose handler throws a refusal is answered with it', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const client = await kind.connect(app, { token: await app.tokens.issueAccessToken('ada') })
    expect(await client.ask('verify', { token: 'abc.def' })).toEqual(exception(401, 'token_malformed'))
  })

  it.each(['login', 'marked-login'])('that fails to log in is told to events once: %s', async (login) => {
    const app = await startSockets(kind, [ChatGateway])
    const client = await kind.connect(app, { token: await app.tokens.issueAccessToken('ada') })
    const events: JwtAuthEvent[] = []
    app.nest.get(JwtAuthEvents).events$.subscribe((event) => void events.push(event))

    for (const attempt of [1, 2]) {
      expect(await client.ask(login, { password: 'wrong' })).toEqual(exception(401, 'credentials_invalid'))
      expect(events).toHaveLength(attempt)
    }
    expect(events[0]).toMatchObject({
      type: 'login.failed',
      transport: 'ws',
      ip: expect.stringContaining('127.0.0.1'),
    })
  })

  it('that is refused is told to events and the debug log with its handler and address', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const client = await kind.connect(app, { token: await app.tokens.issueAccessToken('ada') })
    const events: JwtAuthEvent[] = []
    app.nest.get(JwtAuthEvents).events$.subscribe((event) => void events.push(event))
    logs.clear()
    await client.ask('admin')

    expect(events).toEqual([
      expect.objectContaining({
        type: 'auth.denied',
        errorCode: 'insufficient_claims',
        transport: 'ws',
        route: 'ChatGateway.admin',
        ip: expect.stringContaining('127.0.0.1'),
      }),
    ])
    expect(logs.text('debug')).toMatch(
      /insufficient_claims, at ChatGateway\.admin, over ws, from .*127\.0\.0\.1/,
    )
  })

  it('gets an answer before an asynchronous handleConnection has ended, and is checked all the same', async () => {
    const app = await startSockets(kind, [SlowGateway])
    const client = await kind.connect(app, { token: await app.tokens.issueAccessToken('ada') })
    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
    expect(await client.ask('admin')).toEqual(exception(403, 'insufficient_claims'))
  })
})

describe('a message of socket.io that waits for an acknowledgement', () => {
  const [, socketIo] = kinds as [unknown, SocketKind]

  it('keeps its pattern', async () => {
    const app = await startSockets(socketIo, [ContextGateway], { requestContext: true })
    const socket = await connectIo(app.port, { auth: { token: await app.tokens.issueAccessToken('ada') } })
    const answered = nextEvent(socket)
    socket.emit('pattern', {}, () => undefined)
    expect(await answered).toEqual({ event: 'answer', data: { pattern: 'pattern' } })
  })

  it('is acknowledged with the refusal too', async () => {
    const app = await startSockets(socketIo, [ChatGateway])
    const socket = await connectIo(app.port, { auth: { token: await app.tokens.issueAccessToken('ada') } })
    const refusal = { status: 403, errorCode: 'insufficient_claims', message: expect.any(String) }

    expect(await socket.emitWithAck('admin', {})).toEqual(refusal)
    expect(await socket.emitWithAck('verify', { token: 'abc.def' })).toMatchObject({
      status: 401,
      errorCode: 'token_malformed',
    })
  })
})

/** Never ends its handling of a connection. */
@WebSocketGateway()
@Injectable()
class SlowGateway extends ChatGateway {
  handleConnection(): Promise<void> {
    return new Promise(() => undefined)
  }
}

@WebSocketGateway()
@Injectable()
class UnwatchedGateway extends ChatGateway {}

/** Sets the clock without ringing its alarms, as where the timer that closes a connection is late. */
function quietly(clock: { set(time: number): void }, time: number): void {
  Reflect.set(clock, 'time', time)
}
