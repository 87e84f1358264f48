import { Injectable } from '@nestjs/common'
import { WebSocketGateway } from '@nestjs/websockets'
import { describe, expect, it } from '@jest/globals'
import { InMemorySessionStore, JwtAuthEvents } from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { logs } from '../../support/logs.js'
import { ask, ConnectRefused, connectIo } from '../../support/socket-io-client.js'
import { connectWs, HandshakeRefused } from '../../support/ws-client.js'
import { ChatGateway } from './gateway.js'
import { exception, kinds, type SocketKind, startSockets } from './kinds.js'
import { BareGateway, NewsGateway } from './news-gateway.js'

const [ws, socketIo] = kinds as [SocketKind, SocketKind]

interface Info {
  readonly req: { readonly headers: Readonly<Record<string, string>> }
}

const isInvited = ({ req }: Info) => req.headers['x-invited'] === 'yes'

/** `ws` tells the two forms of `verifyClient` apart by the number of their parameters. */
@WebSocketGateway({ path: '/short', verifyClient: (info: Info) => isInvited(info) })
@Injectable()
class ShortGateway extends ChatGateway {}

@WebSocketGateway({
  path: '/long',
  verifyClient: (info: Info, answer: (isIn: boolean, status?: number, body?: string) => void) =>
    void setImmediate(() => answer(isInvited(info), 418, 'a teapot')),
})
@Injectable()
class LongGateway extends ChatGateway {}

@WebSocketGateway({
  path: '/terse',
  verifyClient: (_info: Info, answer: (isIn: boolean) => void) => answer(false),
})
@Injectable()
class TerseGateway extends ChatGateway {}

/** Takes our check off its server again. */
@WebSocketGateway({ path: '/unchecked' })
@Injectable()
class UncheckedGateway extends ChatGateway {
  override afterInit(server: { options: { verifyClient?: unknown } }): void {
    super.afterInit(server)
    server.options.verifyClient = undefined
  }
}

@WebSocketGateway()
@Injectable()
class SecondGateway extends NewsGateway {}

/** Shares the server of gateways without a namespace. */
@WebSocketGateway({ namespace: '/' })
@Injectable()
class MainNamespaceGateway extends NewsGateway {}

const statusOf = async (connecting: Promise<unknown>): Promise<number> => {
  const error: unknown = await connecting.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return error instanceof HandshakeRefused ? error.status : 101
}

describe('a server of ws', () => {
  it.each([
    { path: '/short', gateway: ShortGateway, status: 401 },
    { path: '/long', gateway: LongGateway, status: 418 },
  ])('asks its own verifyClient first: $path', async ({ path, gateway, status }) => {
    const app = await startSockets(ws, [gateway])
    const token = await app.tokens.issueAccessToken('ada')
    const invited = { 'x-invited': 'yes' }

    expect(await statusOf(connectWs(app.port, { path, token }))).toBe(status)
    expect(await statusOf(connectWs(app.port, { path, headers: invited }))).toBe(401)
    const connection = await connectWs(app.port, { path, token, headers: invited })
    expect(await connection.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it('lets nobody in whom its own verifyClient refuses without a status', async () => {
    const app = await startSockets(ws, [TerseGateway])
    const token = await app.tokens.issueAccessToken('ada')
    expect(await statusOf(connectWs(app.port, { path: '/terse', token }))).toBe(401)
  })

  it('closes a connection whose handshake something kept us from checking', async () => {
    const app = await startSockets(ws, [UncheckedGateway])
    const token = await app.tokens.issueAccessToken('ada')
    const connection = await connectWs(app.port, { path: '/unchecked', token })
    expect(await connection.closed).toBe(1011)
  })

  it('that gateways share checks each handshake once', async () => {
    const app = await startSockets(ws, [ChatGateway, SecondGateway])
    const { access_token } = await app.tokens.issue('ada')
    const ticket = await app.nest.get(JwtSockets).ticket(access_token)
    const connection = await connectWs(app.port, { path: `/?ticket=${ticket}` })
    expect((await connection.ask('claims')).event).toBe('answer')
  })

  it('that nobody protected serves public handlers alone, and the error names protect()', async () => {
    const app = await startSockets(ws, [BareGateway])
    const token = await app.tokens.issueAccessToken('ada')
    const connection = await connectWs(app.port, { path: '/bare', token })

    expect(await connection.ask('open')).toMatchObject({ data: { open: true } })
    logs.clear()
    connection.socket.send(JSON.stringify({ event: 'whoami' }))
    // On Nest 11 clients of an unprotected server hear of no error.
    expect(await connection.ask('open')).toBeDefined()
    const said = 'call protect(server) of JwtSockets'
    expect(logs.text('error')).toContain(said)
    expect(logs.text('error')).toContain('BareGateway.whoami')
  })
})

describe('a server of socket.io', () => {
  it('has namespaces that are protected one by one', async () => {
    const app = await startSockets(socketIo, [NewsGateway])
    const token = await app.tokens.issueAccessToken('ada')
    const routes: unknown[] = []
    app.nest.get(JwtAuthEvents).events$.subscribe(({ route }) => routes.push(route))
    const refused: unknown = await connectIo(app.port, { namespace: '/news' }).catch(
      (error: unknown) => error,
    )

    expect(refused).toBeInstanceOf(ConnectRefused)
    expect(refused).toMatchObject({ data: { status: 401, errorCode: 'token_missing' } })
    expect(routes).toEqual(['handshake /news'])
    const news = await connectIo(app.port, { namespace: '/news', auth: { token } })
    expect(await ask(news, 'whoami')).toEqual({ event: 'news', data: { sub: 'ada' } })
  })

  it('is protected once where a gateway without a namespace and one of the main namespace share it', async () => {
    const app = await startSockets(socketIo, [ChatGateway, MainNamespaceGateway])
    const first = await app.tokens.issue('ada')
    const client = await socketIo.connect(app, { token: first.access_token })
    app.clock.advance('10m')
    const next = await app.tokens.refresh(first.refresh_token ?? '')
    expect(await client.ask('renew', { token: next.access_token })).toMatchObject({ data: { renewed: true } })
    app.clock.advance('10m')
    const answer = await Promise.race([client.ask('claims'), client.closed])
    expect(answer).toMatchObject({ data: { token: next.access_token } })
  })

  it('takes the token of the Authorization header of the upgrade request too', async () => {
    const app = await startSockets(socketIo, [ChatGateway])
    const headers = { authorization: `Bearer ${await app.tokens.issueAccessToken('ada')}` }
    expect(await ask(await connectIo(app.port, { headers }), 'whoami')).toMatchObject({
      data: { sub: 'ada' },
    })
  })

  it('prefers handshake.auth.token, and what is no string there is malformed', async () => {
    const app = await startSockets(socketIo, [ChatGateway])
    const tokenOf = (sub: string) => app.tokens.issueAccessToken(sub)
    const headers = { authorization: `Bearer ${await tokenOf('bob')}` }
    const socket = await connectIo(app.port, { headers, auth: { token: await tokenOf('ada') } })
    expect(await ask(socket, 'whoami')).toMatchObject({ data: { sub: 'ada' } })

    for (const token of [['abc.def'], { toString: 'abc' }, 7, `Bearer ${await tokenOf('ada')}`]) {
      await expect(connectIo(app.port, { headers, auth: { token } })).rejects.toMatchObject({
        data: { errorCode: 'token_malformed' },
      })
    }
  })

  it('is checked over HTTP long polling too', async () => {
    const app = await startSockets(socketIo, [ChatGateway])
    const token = await app.tokens.issueAccessToken('ada')
    const socket = await connectIo(app.port, { auth: { token }, transports: ['polling'] })
    expect(await ask(socket, 'whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it('that nobody protected has its handshake checked when the first message comes', async () => {
    const app = await startSockets(socketIo, [BareGateway])
    const token = await app.tokens.issueAccessToken('ada', { expiresIn: '1m' })
    const path = '/bare'
    const nobody = await connectIo(app.port, { path })
    const ada = await connectIo(app.port, { path, auth: { token } })
    const forged = await connectIo(app.port, { path, auth: { token: 'abc.def' } })

    expect(await ask(nobody, 'open')).toMatchObject({ data: { open: true } })
    expect(await ask(nobody, 'whoami')).toEqual(exception(401, 'token_missing'))
    expect(await ask(forged, 'whoami')).toEqual(exception(401, 'token_malformed'))
    expect(await ask(ada, 'whoami')).toMatchObject({ data: { sub: 'ada' } })
    app.clock.advance('1m')
    expect(await ask(ada, 'whoami')).toEqual(exception(401, 'token_expired'))
  })
})

describe('a server of socket.io that nobody protected', () => {
  it('checks a handshake again whose check failed in an outage of the store', async () => {
    const store = new InMemorySessionStore()
    const lookUp = store.lookUp.bind(store)
    const app = await startSockets(socketIo, [BareGateway], { sessionStore: { useValue: store } })
    const token = await app.tokens.issueAccessToken('ada')
    const ada = await connectIo(app.port, { path: '/bare', auth: { token } })
    store.lookUp = () => Promise.reject(new Error('down'))
    expect(await ask(ada, 'whoami')).toEqual(exception(503, 'store_unavailable'))
    store.lookUp = lookUp
    expect(await ask(ada, 'whoami')).toMatchObject({ data: { sub: 'ada' } })
  })
})

describe('protect()', () => {
  it('refuses what is no server of either kind', async () => {
    const app = await startSockets(ws, [ChatGateway])
    const sockets = app.nest.get(JwtSockets)
    for (const server of [{}, { use: 1 }, { options: {} }]) {
      expect(() => sockets.protect(server)).toThrow('a server of ws, or a server or namespace of socket.io')
    }
  })
})
