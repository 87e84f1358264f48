import { Injectable, type Type } from '@nestjs/common'
import { WebSocketGateway } from '@nestjs/websockets'
import { describe, expect, it } from '@jest/globals'
import type { Socket } from 'socket.io-client'
import { logs } from '../../support/logs.js'
import { ask, connected, ConnectRefused, ioClient, nextEvent } from '../../support/socket-io-client.js'
import { ChatGateway } from './gateway.js'
import { kinds, type SocketKind, startSockets } from './kinds.js'

const [, socketIo] = kinds as [unknown, SocketKind]

/** What the tests use of the server of socket.io. */
interface Io {
  of(namespace: string): Namespace
  adapter(): Type<object>
  adapter(type: Type<object>): unknown
}

interface Namespace {
  /** Only a namespace has it. */
  readonly server?: Io
  to(room: string): { emit(event: string, ...data: unknown[]): unknown }
  in(id: string): { socketsJoin(room: string): void }
  readonly sockets: Map<string, { once(event: string, listener: () => void): void }>
}

const recovering = { connectionStateRecovery: { skipMiddlewares: false } }

@WebSocketGateway(recovering)
@Injectable()
class RecoveringGateway extends ChatGateway {
  io!: Io

  override afterInit(server: Io & Namespace): void {
    this.io = server.server ?? server
    super.afterInit(server)
  }
}

/** As an app would write it that does not know of the middlewares. */
@WebSocketGateway({ connectionStateRecovery: {} })
@Injectable()
class SkippingGateway extends RecoveringGateway {}

@WebSocketGateway({ ...recovering, namespace: /^\/rooms-\d$/ })
@Injectable()
class DynamicGateway extends RecoveringGateway {}

/** Its adapter is set after it was protected. */
@WebSocketGateway(recovering)
@Injectable()
class LateAdapterGateway extends RecoveringGateway {
  override afterInit(server: Io & Namespace): void {
    super.afterInit(server)
    this.io.adapter(this.io.adapter())
  }
}

/** Knows a lost connection that this process has never seen. */
function storedElsewhere(adapter: Type<object>): Type<object> {
  const lost = { sid: 'sid', pid: 'pid', rooms: ['room'], data: {}, missedPackets: [['news', 'secret', '1']] }
  return class extends adapter {
    restoreSession() {
      return Promise.resolve(lost)
    }
  }
}

/** What a client sends to recover that connection. */
const WITH_PID = { pid: 'pid', offset: '0' }

@WebSocketGateway(recovering)
@Injectable()
class ElsewhereGateway extends RecoveringGateway {
  override afterInit(server: Io & Namespace): void {
    const io = server.server ?? server
    io.adapter(storedElsewhere(io.adapter()))
    super.afterInit(server)
  }
}

@WebSocketGateway({ ...recovering, namespace: /^\/rooms-\d$/ })
@Injectable()
class DynamicElsewhereGateway extends ElsewhereGateway {}

@WebSocketGateway({ connectionStateRecovery: {} })
@Injectable()
class LateElsewhereGateway extends RecoveringGateway {
  override afterInit(server: Io & Namespace): void {
    super.afterInit(server)
    this.io.adapter(storedElsewhere(this.io.adapter()))
  }
}

async function start(gateway: typeof RecoveringGateway, name = '/') {
  const app = await startSockets(socketIo, [gateway])
  const { io } = app.nest.get(gateway)
  const tell = (...news: string[]) =>
    io
      .of(name)
      .to('room')
      .emit('news', ...news)
  /** A client in a room that has heard something, so that it knows from where to go on. */
  const join = async (token: string): Promise<Socket> => {
    const socket = await connected(ioClient(app.port, { namespace: name, auth: { token } }))
    io.of(name)
      .in(socket.id as string)
      .socketsJoin('room')
    const first = nextEvent(socket)
    tell('first')
    await first
    return socket
  }
  /** Ends its connection without a word, as where a network breaks, until both sides know. */
  const lose = async (socket: Socket): Promise<void> => {
    const client = io.of(name).sockets.get(socket.id as string)
    const gone = new Promise<void>((resolve) => client?.once('disconnect', resolve))
    socket.io.engine.close()
    await gone
  }
  return { app, tell, join, lose }
}

describe.each([
  { where: 'the main namespace', gateway: RecoveringGateway, name: '/' },
  { where: 'a dynamic namespace', gateway: DynamicGateway, name: '/rooms-1' },
  { where: 'a namespace with an adapter that the app has set later', gateway: LateAdapterGateway, name: '/' },
])('connectionStateRecovery of socket.io in $where', ({ gateway, name }) => {
  it('gives a client what it missed, after its handshake was checked again', async () => {
    const { app, tell, join, lose } = await start(gateway, name)
    const pair = await app.tokens.issue('ada')
    const socket = await join(pair.access_token)
    await lose(socket)
    tell('missed', 'too')
    const heard: unknown[] = []
    socket.onAny((...event: unknown[]) => void heard.push(event))
    const missed = nextEvent(socket)
    await connected(socket.connect())
    await missed

    // The last argument is the offset, by which the client says later what it has heard.
    expect(heard).toEqual([['news', 'missed', 'too', expect.any(String)]])
    expect(socket.recovered).toBe(true)
    const later = nextEvent(socket)
    tell('later')
    expect(await later).toEqual({ event: 'news', data: 'later' })
    expect(await ask(socket, 'whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it('gives nothing to a client whose session was revoked in the meantime', async () => {
    const { app, tell, join, lose } = await start(gateway, name)
    const pair = await app.tokens.issue('ada')
    const socket = await join(pair.access_token)
    await lose(socket)
    await app.tokens.revokeAll('ada')
    tell('secret')
    const heard: unknown[] = []
    socket.io.on('open', () => socket.io.engine.on('data', (data) => heard.push(data)))

    await expect(connected(socket.connect())).rejects.toMatchObject({ data: { errorCode: 'token_revoked' } })
    expect(JSON.stringify(heard)).not.toContain('secret')
  })
})

describe('connectionStateRecovery of socket.io', () => {
  it.each([
    { whom: 'another user of the same page, who', sub: 'bob' },
    { whom: 'another session of the same user, which', sub: 'ada' },
  ])('gives nothing to $whom can connect anew', async ({ sub }) => {
    const { app, tell, join, lose } = await start(RecoveringGateway)
    const socket = await join((await app.tokens.issue('ada')).access_token)
    await lose(socket)
    tell('for its owner')
    const heard: unknown[] = []
    socket.onAny((...event: unknown[]) => void heard.push(event))
    socket.auth = { token: (await app.tokens.issue(sub)).access_token }

    await expect(connected(socket.connect())).rejects.toBeInstanceOf(ConnectRefused)
    await connected(socket.connect())
    expect(await socket.emitWithAck('admin', {})).toMatchObject({ errorCode: 'insufficient_claims' })
    expect(JSON.stringify(heard)).not.toContain('for its owner')
    expect(socket.recovered).toBe(false)
  })

  it('is off where it skips middlewares, which is its default, and a line says so', async () => {
    logs.clear()
    const { app, tell, join, lose } = await start(SkippingGateway)
    expect(logs.text('warn')).toContain('`connectionStateRecovery: { skipMiddlewares: false }`')
    const pair = await app.tokens.issue('ada')
    const socket = await join(pair.access_token)
    await lose(socket)
    tell('missed')
    await connected(socket.connect())
    expect(socket.recovered).toBe(false)
    await app.tokens.revokeAll('ada')
    await new Promise((resolve) =>
      socket.connected ? socket.once('disconnect', resolve) : resolve(undefined),
    )
    await expect(connected(socket.connect())).rejects.toMatchObject({ data: { errorCode: 'token_revoked' } })
  })

  it.each([
    { where: 'the main namespace', gateway: ElsewhereGateway, name: '/' },
    { where: 'the first client of a dynamic namespace', gateway: DynamicElsewhereGateway, name: '/rooms-1' },
  ])('gives nothing of a connection that this process does not know: $where', async ({ gateway, name }) => {
    const { app } = await start(gateway, name)
    const token = await app.tokens.issueAccessToken('ada')
    const socket = ioClient(app.port, { namespace: name, auth: { token, ...WITH_PID } })
    const heard: unknown[] = []
    socket.onAny((...event: unknown[]) => void heard.push(event))
    await connected(socket)
    expect(await ask(socket, 'whoami')).toMatchObject({ data: { sub: 'ada' } })
    expect(JSON.stringify(heard)).not.toContain('secret')
  })

  it('ends a connection that was recovered without middlewares, when its handshake is refused', async () => {
    const { app } = await start(LateElsewhereGateway)
    const socket = ioClient(app.port, { auth: { token: 'abc.def', ...WITH_PID } })
    const ended = new Promise((resolve) => socket.once('disconnect', resolve))
    await connected(socket)
    expect(await ended).toBe('io server disconnect')
  })
})
