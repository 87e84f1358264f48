import { describe, expect, it } from '@jest/globals'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { connectIo } from '../../support/socket-io-client.js'
import { connectWs } from '../../support/ws-client.js'
import { ChatGateway } from './gateway.js'
import { kinds, refusalOf, refused, type SocketApp, type SocketKind, startSockets } from './kinds.js'

const [ws, socketIo] = kinds as [SocketKind, SocketKind]

const ticketFor = async (app: SocketApp, sub: string) =>
  app.nest.get(JwtSockets).ticket(await app.tokens.issueAccessToken(sub))

describe.each(kinds)('the handshake of $name', (kind) => {
  it.each<[string, (good: string) => string[]]>([
    ['the first one empty', (good) => ['', good]],
    ['the second one empty', (good) => [good, '']],
    ['the first one of another scheme', (good) => ['Basic YTpi', good]],
    ['the same twice', (good) => [good, good]],
  ])('is refused with two Authorization headers: %s', async (_, headersWith) => {
    const app = await startSockets(kind, [ChatGateway])
    const authorization = headersWith(`Bearer ${await app.tokens.issueAccessToken('ada')}`)

    expect(await refusalOf(kind.connect(app, { headers: { authorization } }))).toEqual(
      refused(401, 'token_malformed'),
    )
  })

  it('is decided by its ticket, however good a token is beside it', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const token = await app.tokens.issueAccessToken('ada')
    const client = await kind.connect(app, { token, ticket: await ticketFor(app, 'bob') })

    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'bob' } })
    expect(await refusalOf(kind.connect(app, { token, ticket: 'abc.def' }))).toEqual(
      refused(401, 'token_malformed'),
    )
  })

  it('with an empty ticket is decided by its token', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const client = await kind.connect(app, { token: await app.tokens.issueAccessToken('ada'), ticket: '' })

    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it('is refused with a ticket whose access token has expired since', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const token = await app.tokens.issueAccessToken('ada', { expiresIn: '10s' })
    const ticket = await app.nest.get(JwtSockets).ticket(token)
    app.clock.advance('10s')

    expect(await refusalOf(kind.connect(app, { ticket }))).toEqual(refused(401, 'token_expired'))
  })
})

describe('the handshake of ws', () => {
  it('is refused with two tickets, the first one empty, and uses none of them up', async () => {
    const app = await startSockets(ws, [ChatGateway])
    const ticket = await ticketFor(app, 'ada')
    for (const query of [`ticket=&ticket=${ticket}`, `ticket=${ticket}&ticket=${ticket}`]) {
      await expect(connectWs(app.port, { path: `/?${query}` })).rejects.toMatchObject({
        errorCode: 'token_malformed',
      })
    }
    await connectWs(app.port, { path: `/?ticket=${ticket}` })
  })
})

describe('the handshake of socket.io', () => {
  it('with an empty auth.token is decided by its header', async () => {
    const app = await startSockets(socketIo, [ChatGateway])
    const headers = { authorization: `Bearer ${await app.tokens.issueAccessToken('bob')}` }
    await connectIo(app.port, { headers, auth: { token: '' } })

    await expect(connectIo(app.port, { headers, auth: { token: ['', 'abc.def'] } })).rejects.toMatchObject({
      data: { errorCode: 'token_malformed' },
    })
  })
})
