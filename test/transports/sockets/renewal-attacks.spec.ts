import { Inject, Injectable, UseGuards } from '@nestjs/common'
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { describe, expect, it } from '@jest/globals'
import { JwtGuard } from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { logs } from '../../support/logs.js'
import { ChatGateway } from './gateway.js'
import { exception, kinds, startSockets } from './kinds.js'

@WebSocketGateway()
@UseGuards(JwtGuard)
@Injectable()
class RenewAllGateway {
  constructor(@Inject(JwtSockets) private readonly sockets: JwtSockets) {}

  afterInit(server: object): void {
    this.sockets.protect(server)
  }

  @SubscribeMessage('renew-all')
  async renewAll(@ConnectedSocket() client: object, @MessageBody('tokens') tokens: string[]) {
    const renewals = await Promise.allSettled(tokens.map((token) => this.sockets.renew(client, token)))
    return { event: 'renewed', data: renewals.map(({ status }) => status) }
  }
}

describe.each(kinds)('a renewal on $name', (kind) => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['an array', ['a.b.c']],
    ['an object', { length: 5, split: 'x' }],
    ['an empty string', ''],
    ['a very long string', 'a.'.repeat(100_000)],
  ])('with %s is refused, and no error of the app', async (_, token) => {
    const app = await startSockets(kind, [ChatGateway])
    const client = await kind.connect(app, { token: await app.tokens.issueAccessToken('ada') })
    const errors = logs.text('error')
    expect(await client.ask('renew', { token })).toEqual(exception(401, 'token_malformed'))
    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
    expect(logs.text('error')).toBe(errors)
  })

  it('with a revoked token is refused, and the connection keeps its own', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const { access_token: first, refresh_token: refresh = '' } = await app.tokens.issue('ada')
    const client = await kind.connect(app, { token: first })
    const { access_token: revoked, refresh_token: later = '' } = await app.tokens.refresh(refresh)
    await app.tokens.revoke(revoked)
    const { access_token: short } = await app.tokens.refresh(later)
    expect(await client.ask('renew', { token: revoked })).toEqual(exception(401, 'token_revoked'))
    app.clock.advance('14m')
    expect(await client.ask('renew', { token: short })).toMatchObject({ data: { renewed: true } })
    app.clock.advance('1m')
    expect(await client.closed).toBe(kind.comesBack)
  })

  it('by several tokens at the same time ends with the latest one', async () => {
    const app = await startSockets(kind, [RenewAllGateway])
    const issue = (minutes: number) => app.tokens.issueAccessToken('ada', { expiresIn: minutes * 60 })
    const [token, ...later] = await Promise.all([15, 40, 60, 50].map(issue))
    const client = await kind.connect(app, { token })
    const { data } = await client.ask('renew-all', { tokens: later })
    expect(data).toContain('fulfilled')
    app.clock.advance('59m')
    expect(await client.ask('renew-all', { tokens: [] })).toMatchObject({ event: 'renewed' })
    app.clock.advance('1m')
    expect(await client.closed).toBe(kind.comesBack)
  })

  it('does not keep open what is revoked at the same time', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const { access_token: token, refresh_token: refresh = '' } = await app.tokens.issue('ada')
    const client = await kind.connect(app, { token })
    const { access_token: later } = await app.tokens.refresh(refresh)
    client.send('renew', { token: later })
    await app.tokens.revokeAll('ada')
    expect(await client.closed).toBe(kind.staysAway)
  })
})
