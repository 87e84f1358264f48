import { once } from 'node:events'
import { Injectable } from '@nestjs/common'
import { WebSocketGateway } from '@nestjs/websockets'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthError, JwtAuthEvents, OpenConnections } from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { readToken } from '../../support/forge.js'
import { logs } from '../../support/logs.js'
import { ask, connected, ioClient } from '../../support/socket-io-client.js'
import { connectWs } from '../../support/ws-client.js'
import { AnonymousRenewGateway } from './anonymous-renew.gateway.js'
import { AnonymousGateway, ChatGateway } from './gateway.js'
import { exception, kinds, type SocketKind, startSockets } from './kinds.js'

interface ServerClient {
  once(event: string, listener: () => void): void
  close?(): void
  disconnect?(): void
}

/** Wants no clients. */
@WebSocketGateway()
@Injectable()
class ClosingGateway extends ChatGateway {
  private closed = (): void => undefined
  /** When our own listeners, which come before this one, have run too. */
  readonly hasClosed = new Promise<void>((resolve) => (this.closed = resolve))

  handleConnection(client: ServerClient): void {
    client.once(client.disconnect === undefined ? 'close' : 'disconnect', () => setImmediate(this.closed))
    if (client.disconnect === undefined) client.close?.()
    else client.disconnect()
  }
}

describe.each(kinds)('an open connection of $name', (kind) => {
  it('is closed when its token expires, so that the client comes back', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const client = await kind.connect(app, { token: await app.tokens.issueAccessToken('ada') })
    app.clock.advance('15m')
    expect(await client.closed).toBe(kind.comesBack)
  })

  it('is closed when its token or its session is revoked, so that the client stays away', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const [phone, laptop] = [await app.tokens.issue('ada'), await app.tokens.issue('ada')]
    const clients = await Promise.all(
      [phone, laptop].map(({ access_token }) => kind.connect(app, { token: access_token })),
    )
    await app.tokens.revoke(phone.access_token)
    await app.tokens.revokeSession(readToken(laptop.access_token).claims['sid'] as string)
    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual([kind.staysAway, kind.staysAway])
  })

  it('is closed when all tokens of its subject are revoked; those of others stay open', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const ada = await kind.connect(app, { token: await app.tokens.issueAccessToken('ada') })
    const bob = await kind.connect(app, { token: await app.tokens.issueAccessToken('bob') })
    await app.tokens.revokeAll('ada')
    expect(await ada.closed).toBe(kind.staysAway)
    expect(await bob.ask('whoami')).toMatchObject({ data: { sub: 'bob' } })
  })

  it('of a client without a token is not closed', async () => {
    const app = await startSockets(kind, [AnonymousGateway])
    const client = await kind.connect(app)
    app.clock.advance('40d')
    expect(await client.ask('open')).toMatchObject({ data: { open: true } })
  })

  it('is not watched any more when the app itself has closed it while it opened', async () => {
    const app = await startSockets(kind, [ClosingGateway])
    await kind.connect(app, { token: await app.tokens.issueAccessToken('ada') })
    await app.nest.get(ClosingGateway).hasClosed
    const { subjects } = app.nest.get<{ readonly subjects: ReadonlyMap<string, unknown> }>(OpenConnections)
    expect(subjects.size).toBe(0)
  })

  it('can be renewed, and then ends with the new token', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const first = await app.tokens.issue('ada')
    const client = await kind.connect(app, { token: first.access_token })
    app.clock.advance('10m')
    const next = await app.tokens.refresh(first.refresh_token ?? '')
    expect(await client.ask('renew', { token: next.access_token })).toMatchObject({ data: { renewed: true } })
    app.clock.advance('10m')
    expect(await client.ask('claims')).toMatchObject({ data: { token: next.access_token } })
    app.clock.advance('5m')
    expect(await client.closed).toBe(kind.comesBack)
  })

  it('that was opened by a ticket can be renewed too', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const first = await app.tokens.issue('ada')
    const ticket = await app.nest.get(JwtSockets).ticket(first.access_token)
    const client = await kind.connect(app, { ticket })
    app.clock.advance('10m')
    const { access_token } = await app.tokens.refresh(first.refresh_token ?? '')
    expect(await client.ask('renew', { token: access_token })).toMatchObject({ data: { renewed: true } })
    app.clock.advance('10m')
    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it('takes no other token than a later one of its subject and session', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const own = await app.tokens.issue('ada')
    const client = await kind.connect(app, { token: own.access_token })
    const renew = async (token: string) => client.ask('renew', { token })
    app.clock.advance('1m')
    const [otherSession, otherSubject] = [await app.tokens.issue('ada'), await app.tokens.issue('bob')]

    expect(await renew(otherSession.access_token)).toEqual(exception(401, 'token_claims_invalid'))
    expect(await renew(otherSubject.access_token)).toEqual(exception(401, 'token_claims_invalid'))
    expect(await renew(await app.tokens.issueAccessToken('ada'))).toEqual(
      exception(401, 'token_claims_invalid'),
    )
    const shorter = await app.tokens.refresh(own.refresh_token ?? '', { expiresIn: '1m' })
    expect(await renew(shorter.access_token)).toEqual(exception(401, 'token_claims_invalid'))
    expect(await renew(shorter.refresh_token ?? '')).toEqual(exception(401, 'token_wrong_type'))
    expect(await renew('abc.def')).toEqual(exception(401, 'token_malformed'))
    expect(await client.ask('claims')).toMatchObject({ data: { token: own.access_token } })
    // The same again changes nothing: a client may repeat a renewal whose answer was lost.
    expect(await renew(own.access_token)).toMatchObject({ data: { renewed: true } })
  })

  it('whose token never expires takes no token that does', async () => {
    const app = await startSockets(kind, [ChatGateway], { accessToken: { allowNever: true } })
    const endless = () => app.tokens.issueAccessToken('ada', { expiresIn: 'never' })
    const client = await kind.connect(app, { token: await endless() })
    const token = await app.tokens.issueAccessToken('ada', { expiresIn: '1h' })
    expect(await client.ask('renew', { token })).toEqual(exception(401, 'token_claims_invalid'))
    expect(await client.ask('renew', { token: await endless() })).toMatchObject({ data: { renewed: true } })
    app.clock.advance('40d')
    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it('can be renewed by a token that never expires, and then stays open', async () => {
    const app = await startSockets(kind, [ChatGateway], { accessToken: { allowNever: true } })
    const client = await kind.connect(app, { token: await app.tokens.issueAccessToken('ada') })
    const token = await app.tokens.issueAccessToken('ada', { expiresIn: 'never' })
    expect(await client.ask('renew', { token })).toMatchObject({ data: { renewed: true } })
    app.clock.advance('40d')
    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it('of a client without a token cannot be renewed', async () => {
    const app = await startSockets(kind, [AnonymousRenewGateway])
    const client = await kind.connect(app)
    expect(await client.ask('login', { token: await app.tokens.issueAccessToken('ada') })).toEqual(
      exception(401, 'token_claims_invalid'),
    )
  })

  it('that is refused is in the log, and an event', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const events: unknown[] = []
    app.nest.get(JwtAuthEvents).events$.subscribe((event) => events.push(event))
    const token = await app.tokens.issueAccessToken('ada')
    const client = await kind.connect(app, { token, headers: { 'user-agent': 'a'.repeat(300) } })
    await client.ask('renew', { token: await app.tokens.issueAccessToken('bob') })
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'auth.denied',
        errorCode: 'token_claims_invalid',
        transport: 'ws',
        route: 'renew',
        ip: expect.stringContaining('127.0.0.1'),
        userAgent: 'a'.repeat(256),
      }),
    )
    expect(logs.text('debug')).toMatch(
      /token_claims_invalid, at renew, over ws, .*because the connection belongs to another subject/,
    )
  })

  it('is what renew() is for: anything else is an error that names protect()', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const renewing = app.nest.get(JwtSockets).renew({}, await app.tokens.issueAccessToken('ada'))
    await expect(renewing).rejects.toMatchObject({
      code: 'socket_not_protected',
      message: expect.stringContaining('JwtSockets.protect(server)'),
    })
    await expect(renewing).rejects.not.toBeInstanceOf(JwtAuthError)
  })
})

describe('a client of ws', () => {
  const [ws] = kinds as [SocketKind]

  it('is told the code of the refusal as the reason', async () => {
    const app = await startSockets(ws, [ChatGateway])
    const connect = async (subject: string) => {
      const { socket } = await connectWs(app.port, { token: await app.tokens.issueAccessToken(subject) })
      return { closed: once(socket, 'close').then(([code, reason]) => [code, String(reason)]) }
    }
    const [ada, bob] = [await connect('ada'), await connect('bob')]
    await app.tokens.revokeAll('bob')
    app.clock.advance('15m')

    expect(await bob.closed).toEqual([4401, 'token_revoked'])
    expect(await ada.closed).toEqual([4403, 'token_expired'])
  })
})

describe('a client of socket.io', () => {
  const [, socketIo] = kinds as [unknown, SocketKind]

  it('comes back by itself with a new token after its token has expired', async () => {
    const app = await startSockets(socketIo, [ChatGateway])
    const socket = ioClient(app.port, { reconnection: true, reconnectionDelay: 1 })
    const used: string[] = []
    const sendToken = async (send: (auth: object) => void): Promise<void> => {
      const token = await app.tokens.issueAccessToken('ada')
      used.push(token)
      send({ token })
    }
    socket.auth = (send) => void sendToken(send)
    await connected(socket)
    const again = connected(socket)
    app.clock.advance('15m')
    await again
    expect(await ask(socket, 'whoami')).toMatchObject({ data: { sub: 'ada' } })
    expect(new Set(used).size).toBe(2)
  })
})
