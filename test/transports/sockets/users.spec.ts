import { Inject, Injectable, UseGuards, UseInterceptors } from '@nestjs/common'
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { describe, expect, it } from '@jest/globals'
import {
  Claims,
  CurrentIdentity,
  JwtAuthContext,
  JwtAuthContextInterceptor,
  JwtGuard,
  OpenConnections,
} from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { type Client, kinds, startSockets } from './kinds.js'

const USERS = 1000

@WebSocketGateway()
@UseGuards(JwtGuard)
@UseInterceptors(JwtAuthContextInterceptor)
@Injectable()
class WhoGateway {
  constructor(
    @Inject(JwtSockets) private readonly sockets: JwtSockets,
    @Inject(JwtAuthContext) private readonly context: JwtAuthContext,
  ) {}

  afterInit(server: object): void {
    this.sockets.protect(server)
  }

  @SubscribeMessage('who')
  async who(
    @Claims('sub') claim: string,
    @CurrentIdentity('id') identity: string,
    @MessageBody('sub') sent: string,
  ) {
    await new Promise((resolve) => void setImmediate(resolve))
    return { event: 'who', data: { claim, identity, sent, context: this.context.claims?.sub } }
  }
}

describe.each(kinds)('a thousand users of $name at the same time', (kind) => {
  it('are never taken for one another, and leave nothing behind', async () => {
    const app = await startSockets(kind, [WhoGateway], {
      requestContext: true,
      identityLoader: { useValue: { loadIdentity: async ({ sub }: { sub: string }) => ({ id: sub }) } },
    })
    const names = Array.from({ length: USERS }, (_, at) => `user-${at}`)
    const clients = await Promise.all(
      names.map(async (sub): Promise<Client> => {
        return kind.connect(app, { token: await app.tokens.issueAccessToken(sub) })
      }),
    )
    const answers = await Promise.all(clients.map((client, at) => client.ask('who', { sub: names[at] })))

    expect(answers.map(({ data }) => data)).toEqual(
      names.map((sub) => ({ claim: sub, identity: sub, sent: sub, context: sub })),
    )
    const { subjects } = app.nest.get<{ readonly subjects: ReadonlyMap<string, unknown> }>(OpenConnections)
    expect(subjects.size).toBe(USERS)
    app.clock.advance('15m')
    expect(new Set(await Promise.all(clients.map(({ closed }) => closed)))).toEqual(new Set([kind.comesBack]))
    expect(subjects.size).toBe(0)
  })
})
