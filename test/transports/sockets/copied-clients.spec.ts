import { Inject, Injectable, UseGuards } from '@nestjs/common'
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js'
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { describe, expect, it } from '@jest/globals'
import { JwtGuard, RequireClaims } from '@nest-jwt-auth/core'
import { breakSignature } from '../../support/forge.js'
import { kinds, type SocketKind, startSockets } from './kinds.js'
import { ChatGateway } from './gateway.js'

interface IoClient {
  readonly handshake: object
}

/** Asks the guard again, for a client whose handshake has the token of the message. */
@WebSocketGateway()
@UseGuards(JwtGuard)
@Injectable()
class AgainGateway {
  constructor(@Inject(JwtGuard) private readonly guard: JwtGuard) {}

  @SubscribeMessage('copied')
  async copied(@ConnectedSocket() client: IoClient, @MessageBody('token') token: string | undefined) {
    const handshake = { ...client.handshake, auth: { token } }
    const derived = Object.create(client, { handshake: { value: handshake } }) as object
    const handler = Reflect.get(AgainGateway.prototype, 'forBen') as () => unknown
    const context = new ExecutionContextHost([derived, {}, 'ben'], AgainGateway, handler)
    context.setType('ws')
    await this.guard.canActivate(context)
    return { event: 'answer', data: {} }
  }

  @SubscribeMessage('ben')
  @RequireClaims({ sub: 'ben' })
  forBen() {
    return { event: 'answer', data: {} }
  }
}

describe('a client of socket.io that is derived from another', () => {
  const [, socketIo] = kinds as [unknown, SocketKind]

  it.each([
    { server: 'protected', providers: [ChatGateway, AgainGateway] },
    { server: 'not protected', providers: [AgainGateway] },
  ])('is authenticated by its own handshake, on a server that is $server', async ({ providers }) => {
    const app = await startSockets(socketIo, providers)
    const [ada, ben] = [await app.tokens.issueAccessToken('ada'), await app.tokens.issueAccessToken('ben')]
    const client = await socketIo.connect(app, { token: ada })
    const copied = (token?: string) => client.ask('copied', { token })
    const refused = (errorCode: string) => ({ event: 'exception', data: { errorCode } })

    expect(await client.ask('ben')).toMatchObject(refused('insufficient_claims'))
    expect(await copied(ben)).toMatchObject({ event: 'answer' })
    expect(await copied(ada)).toMatchObject(refused('insufficient_claims'))
    expect(await copied(breakSignature(ben))).toMatchObject(refused('token_signature_invalid'))
    expect(await copied()).toMatchObject(refused('token_missing'))
    expect(await client.ask('ben')).toMatchObject(refused('insufficient_claims'))
  })
})
