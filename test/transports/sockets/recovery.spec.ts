import { Injectable } from '@nestjs/common'
import { WebSocketGateway } from '@nestjs/websockets'
import { describe, expect, it } from '@jest/globals'
import type { Socket } from 'socket.io-client'
import { logs } from '../../support/logs.js'
import { ask, connected, ConnectRefused, ioClient, nextEvent } from '../../support/socket-io-client.js'
import { ChatGateway } from './gateway.js'
import { kinds, type SocketKind, startSockets } from './kinds.js'

const [, socketIo] = kinds as [unknown, SocketKind]

/** What the tests use of the server of socket.io. */
interface Server {
  to(room: string): { emit(event: string, data: unknown): unknown }
  in(id: string): { socketsJoin(room: string): void }
  readonly sockets: { readonly sockets: Map<string, { once(event: string, listener: () => void): void }> }
}

@WebSocketGateway({ connectionStateRecovery: { skipMiddlewares: false } })
@Injectable()
class RecoveringGateway extends ChatGateway {
  server!: Server

  override afterInit(server: Server): void {
    super.afterInit(server)
    this.server = server
  }
}

/** As an app would write it that does not know of the middlewares. */
@WebSocketGateway({ connectionStateRecovery: {} })
@Injectable()
class SkippingGateway extends RecoveringGateway {}

async function start(gateway: typeof RecoveringGateway) {
  const app = await startSockets(socketIo, [gateway])
  const { server } = app.nest.get(gateway)
  const tell = (news: string) => server.to('room').emit('news', news)
  /** A client in a room that has heard something, so that it knows from where to go on. */
  const join = async (token: string): Promise<Socket> => {
    const socket = await connected(ioClient(app.port, { auth: { token } }))
    server.in(socket.id as string).socketsJoin('room')
    const first = nextEvent(socket)
    tell('first')
    await first
    return socket
  }
  /** Ends its connection without a word, as where a network breaks, until both sides know. */
  const lose = async (socket: Socket): Promise<void> => {
    const client = server.sockets.sockets.get(socket.id as string)
    const gone = new Promise<void>((resolve) => client?.once('disconnect', resolve))
    socket.io.engine.close()
    await gone
  }
  return { app, tell, join, lose }
}

describe('connectionStateRecovery of socket.io', () => {
  it('gives a client what it missed, after its handshake was checked again', async () => {
    const { app, tell, join, lose } = await start(RecoveringGateway)
    const pair = await app.tokens.issue('ada')
    const socket = await join(pair.access_token)
    await lose(socket)
    tell('missed')
    const missed = nextEvent(socket)
    await connected(socket.connect())

    expect(await missed).toEqual({ event: 'news', data: 'missed' })
    expect(socket.recovered).toBe(true)
    const later = nextEvent(socket)
    tell('later')
    expect(await later).toEqual({ event: 'news', data: 'later' })
    expect(await ask(socket, 'whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it('gives nothing to a client whose session was revoked in the meantime', async () => {
    const { app, tell, join, lose } = await start(RecoveringGateway)
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
})
