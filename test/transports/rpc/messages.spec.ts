import { Controller, Inject, Injectable, type Type, UseGuards } from '@nestjs/common'
import { MessagePattern } from '@nestjs/microservices'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  Claims,
  CurrentIdentity,
  CurrentToken,
  IdentityLoader,
  type JwtClaims,
  JwtAuthContext,
  JwtAuthError,
  type JwtAuthEvent,
  JwtAuthEvents,
  JwtAuthModule,
  JwtGuard,
  OptionalAuth,
  Public,
  TokenResponse,
  TokenService,
  UseRefreshToken,
} from '@nest-jwt-auth/core'
import { withBearer } from '@nest-jwt-auth/core/microservices'
import { firstValueFrom } from 'rxjs'
import { SECRET } from '../../support/forge.js'
import { describeWith } from '../../support/services.js'
import { type RpcTransport, rpcTransports } from '../drivers/rpc/rpc-transports.js'
import { locationsFor, type RunningRpc, startRpc } from '../drivers/rpc/start-rpc.js'

const USERS = 1_000

@Injectable()
class Users implements IdentityLoader {
  loads = 0

  loadIdentity({ sub }: JwtClaims) {
    this.loads += 1
    return { id: sub, name: `user ${sub}` }
  }
}

function messageHandlers(app: string): Type {
  @Controller()
  @UseGuards(JwtGuard)
  class MessageHandlers {
    constructor(@Inject(JwtAuthContext) private readonly context: JwtAuthContext) {}

    @MessagePattern(`${app}.everything`)
    async everything(
      @Claims() claims: JwtClaims,
      @CurrentIdentity() identity: unknown,
      @CurrentIdentity('name') name: string,
      @CurrentToken() token: string,
    ) {
      const seen = { sub: this.context.claims?.sub, token: this.context.token }
      return { sub: claims.sub, identity, name, token, seen, again: await this.context.identity() }
    }

    @MessagePattern(`${app}.optional`)
    @OptionalAuth()
    optional(@Claims('sub') sub: string | undefined) {
      return { sub: sub ?? 'nobody' }
    }

    @MessagePattern(`${app}.refresh`)
    @UseRefreshToken()
    refresh(@Claims('sub') sub: string, @CurrentToken() token: string) {
      return { sub, token }
    }

    @MessagePattern(`${app}.refusing`)
    refusing(): void {
      throw new JwtAuthError('insufficient_claims', { message: 'Only for owners.' })
    }

    @MessagePattern(`${app}.login`)
    @Public()
    login(): void {
      throw new JwtAuthError('credentials_invalid')
    }

    @MessagePattern(`${app}.marked-login`)
    @Public()
    @TokenResponse()
    markedLogin(): void {
      throw new JwtAuthError('credentials_invalid')
    }
  }
  return MessageHandlers
}

for (const transport of rpcTransports) {
  const name = `messages over ${transport.name}`
  if (transport.service === undefined) describe(name, () => messagesOver(transport))
  else describeWith(transport.service, name, () => messagesOver(transport))
}

function messagesOver(transport: RpcTransport): void {
  let running: RunningRpc
  let tokens: TokenService

  beforeAll(async () => {
    running = await startRpc(transport, {
      imports: [
        JwtAuthModule.forRoot({
          secret: SECRET,
          identityLoader: Users,
          requestContext: true,
          ...locationsFor(transport),
        }),
      ],
      providers: [Users],
      handlers: messageHandlers,
    })
    tokens = running.app.get(TokenService)
  })
  afterAll(() => running.close())

  const refusal = (sent: Promise<unknown>) =>
    sent.then(
      () => {
        throw new Error('The message was not refused.')
      },
      (error: unknown) => error,
    )

  it('tell their handlers and services who sent them, and load the identity once', async () => {
    const users = running.app.get(Users)
    const before = users.loads
    const token = await tokens.issueAccessToken({ id: 'ida' })
    const identity = { id: 'ida', name: 'user ida' }

    expect(await running.send('everything', token)).toEqual({
      sub: 'ida',
      identity,
      name: 'user ida',
      token,
      seen: { sub: 'ida', token },
      again: identity,
    })
    expect(users.loads - before).toBe(1)
  })

  it('are anonymous without a token where that is allowed, and refused with a bad one', async () => {
    expect(await running.send('optional')).toEqual({ sub: 'nobody' })
    expect(await refusal(running.send('optional', 'no.token'))).toMatchObject({
      errorCode: 'token_malformed',
    })
  })

  it('can carry a refresh token, where the handler is for one, and no other token there', async () => {
    const { access_token: access, refresh_token: refresh } = await tokens.issue({ id: 'ida' })

    expect(await running.send('refresh', refresh)).toEqual({ sub: 'ida', token: refresh })
    expect(await refusal(running.send('refresh', access))).toMatchObject({ errorCode: 'token_wrong_type' })
    expect(await refusal(running.send('refresh'))).toMatchObject({ errorCode: 'token_missing' })
    expect(await refusal(running.send('everything', refresh))).toMatchObject({
      errorCode: 'token_wrong_type',
    })
  })

  it('get a refusal of their handler in the same form', async () => {
    const token = await tokens.issueAccessToken({ id: 'ida' })

    expect(await refusal(running.send('refusing', token))).toEqual({
      status: 403,
      errorCode: 'insufficient_claims',
      message: 'Only for owners.',
    })
  })

  it.each(['login', 'marked-login'])('that fail to log in are told to events once: %s', async (login) => {
    const events: JwtAuthEvent[] = []
    const { events$ } = running.app.get(JwtAuthEvents)
    const watching = events$.subscribe((event) => void events.push(event))

    for (const attempt of [1, 2]) {
      const error = await refusal(running.send(login))
      expect(error).toMatchObject({ status: 401, errorCode: 'credentials_invalid' })
      expect(events).toHaveLength(attempt)
    }
    watching.unsubscribe()
    expect(events[0]).toMatchObject({ type: 'login.failed', transport: 'rpc' })
  })

  it(`of ${USERS} users at the same time never see each other`, async () => {
    const subjects = Array.from({ length: USERS }, (_, at) => `user-${at}`)
    const sent = await Promise.all(
      subjects.map(async (id) => {
        const answer = await running.send('everything', await tokens.issueAccessToken({ id }))
        return { id, answer }
      }),
    )

    for (const { id, answer } of sent) {
      expect(answer).toMatchObject({ sub: id, identity: { id }, seen: { sub: id }, again: { id } })
    }
  })

  if (!transport.hasMetadata) return

  it('carry no token in their payload, whatever it looks like', async () => {
    const token = await tokens.issueAccessToken({ id: 'ida' })
    const payload = {
      authorization: `Bearer ${token}`,
      access_token: token,
      headers: { authorization: `Bearer ${token}` },
      metadata: { authorization: `Bearer ${token}` },
    }

    expect(await refusal(running.send('everything', undefined, payload))).toMatchObject({
      errorCode: 'token_missing',
    })
  })

  it('carry the token of each call, and nothing of it stays with the client', async () => {
    const [ida, bob] = await Promise.all(['ida', 'bob'].map((id) => tokens.issueAccessToken({ id })))

    expect(await running.send('optional', ida)).toEqual({ sub: 'ida' })
    expect(await running.send('optional', bob)).toEqual({ sub: 'bob' })
    const plain = running.client.send<unknown>(`${running.name}.optional`, {})
    expect(await firstValueFrom(plain)).toEqual({ sub: 'nobody' })
  })

  it.each(['Bearer a.b.c', 'a.b.c\r\nx: y', '', 7])('never carry %p as a token', (token) => {
    expect(() => withBearer(running.client, token as string).send('any', {})).toThrow(
      expect.objectContaining({ code: 'bearer_invalid' }),
    )
  })
}
