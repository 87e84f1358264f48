import { Controller, Inject, Injectable, type Type, UseGuards } from '@nestjs/common'
import { Query, Resolver } from '@nestjs/graphql'
import { MessagePattern } from '@nestjs/microservices'
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  JwtAuthModule,
  JwtGuard,
  Public,
  RequireClaims,
  TokenService,
  UseRefreshToken,
} from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { SECRET } from '../support/forge.js'
import { bearer, graphqlServers, sendGraphql } from '../support/graphql-servers.js'
import { tcp } from './drivers/rpc/rpc-transports.js'
import { locationsFor, startRpc } from './drivers/rpc/start-rpc.js'
import { startItems } from './graphql/app.js'
import { kinds, startSockets } from './sockets/kinds.js'

/** The handlers of three classes, and those of a public class. */
type Name = 'read' | 'open' | 'readPublic' | 'openPublic' | 'strict' | 'plain' | 'refresh'

interface Running {
  readonly tokens: TokenService
  /** `ok`, or the code of the refusal. */
  call(name: Name, token?: string): Promise<unknown>
  close?(): Promise<void>
}

/** How the handlers are declared and called over one transport. */
interface Transport {
  readonly name: string
  /** What a handler for refresh tokens answers to one. A connection is never opened with one. */
  readonly answerToRefreshToken: string
  readonly start: () => Promise<Running>
}

type Decorate = (name: Name) => MethodDecorator

/**
 * A policy in the class between the one that declares the handlers and the one that is called; the latter says nothing, or
 * that it is public. A handler for refresh tokens in a public class, and one whose base class says that.
 */
function classesWith(handler: Decorate, answer: () => unknown): readonly Type[] {
  class Base {
    @handler('read')
    read() {
      return answer()
    }

    @handler('open')
    @Public()
    open() {
      return answer()
    }
  }

  @RequireClaims({ plan: 'pro' })
  class Middle extends Base {}

  class Leaf extends Middle {}

  class PublicBase {
    @handler('readPublic')
    readPublic() {
      return answer()
    }

    @handler('openPublic')
    @Public()
    openPublic() {
      return answer()
    }
  }

  @RequireClaims({ plan: 'pro' })
  class PublicMiddle extends PublicBase {}

  @Public()
  class PublicLeaf extends PublicMiddle {}

  @Public()
  @UseGuards(JwtGuard)
  class Mixed {
    @handler('strict')
    @UseRefreshToken()
    strict() {
      return answer()
    }

    @handler('plain')
    plain() {
      return answer()
    }
  }
  @UseRefreshToken()
  class RefreshBase {
    @handler('refresh')
    refresh() {
      return answer()
    }
  }

  class RefreshLeaf extends RefreshBase {}
  return [Leaf, PublicLeaf, Mixed, RefreshLeaf]
}

const codeOf = (error: unknown) => Reflect.get(Object(error), 'errorCode') as unknown

const overTcp: Transport = {
  name: 'messages over TCP',
  answerToRefreshToken: 'ok',
  async start() {
    const running = await startRpc(tcp, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET, ...locationsFor(tcp) })],
      handlers: (app) => {
        const controllers = classesWith(
          (name) => MessagePattern(`${app}.${name}`),
          () => 'ok',
        )
        for (const type of controllers) Controller()(type)
        return controllers
      },
    })
    return {
      tokens: running.app.get(TokenService),
      call: (name, token) => running.send(name, token).catch(codeOf),
      close: () => running.close(),
    }
  },
}
const overSockets = kinds.map((kind): Transport => ({
  name: `messages of ${kind.name}`,
  answerToRefreshToken: 'token_wrong_type',
  async start() {
    // Nest listens on each client once for each gateway, and node:events warns of many listeners.
    const gateways = classesWith(
      (name) => SubscribeMessage(name),
      () => ({ event: 'ok', data: {} }),
    ).slice(0, -1)
    for (const type of gateways) {
      WebSocketGateway()(type)
      Injectable()(type)
    }
    const app = await startSockets(kind, [ProtectingGateway, ...gateways])
    return {
      tokens: app.tokens,
      call: async (name, token) => {
        const client = await kind.connect(app, { token })
        const { event, data } = await client.ask(name)
        await client.close()
        return event === 'ok' ? event : codeOf(data)
      },
    }
  },
}))

@WebSocketGateway()
@Injectable()
class ProtectingGateway {
  constructor(@Inject(JwtSockets) private readonly sockets: JwtSockets) {}

  afterInit(server: object): void {
    this.sockets.protect(server, { anonymous: true })
  }
}

const overGraphql = graphqlServers.map((server): Transport => ({
  name: `queries of ${server.name}`,
  answerToRefreshToken: 'ok',
  async start() {
    const decorate: Decorate = (name) => Query(() => String, { name })
    const resolvers = classesWith(decorate, () => 'ok')
    for (const type of resolvers) Resolver()(type)
    const app = await startItems(server, { resolvers })
    return {
      tokens: app.nest.get(TokenService),
      call: async (name, token) => {
        const headers = token === undefined ? [] : bearer(token)
        const { data, errors } = (await sendGraphql(app, `{ ${name} }`, headers)).body
        return errors === undefined ? data?.[name] : codeOf(errors[0]?.extensions)
      },
    }
  },
}))

describe.each([overTcp, ...overSockets, ...overGraphql])('$name', ({ start, answerToRefreshToken }) => {
  let app: Running
  const forRefreshTokens: Name[] = answerToRefreshToken === 'ok' ? ['strict', 'refresh'] : ['strict']

  beforeAll(async () => {
    app = await start()
  })
  afterAll(() => app.close?.())

  it.each<Name>(['read', 'open', 'readPublic', 'openPublic'])(
    'are closed by the policy of a class in the middle: %s',
    async (name) => {
      expect(await app.call(name)).toBe('token_missing')
      expect(await app.call(name, await app.tokens.issueAccessToken('ada'))).toBe('insufficient_claims')
      const claims = { plan: 'pro' }
      expect(await app.call(name, await app.tokens.issueAccessToken('ada', { claims }))).toBe('ok')
    },
  )

  it.each(forRefreshTokens)(
    'take nothing but a refresh token where a handler of a public class, or a base class, is for one: %s',
    async (name) => {
      const { access_token: access, refresh_token: refresh = '' } = await app.tokens.issue('ada')

      expect(await app.call('plain')).toBe('ok')
      expect(await app.call(name)).toBe('token_missing')
      expect(await app.call(name, access)).toBe('token_wrong_type')
      if (answerToRefreshToken === 'ok') expect(await app.call(name, refresh)).toBe('ok')
    },
  )
})
