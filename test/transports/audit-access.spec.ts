import { type CanActivate, Controller, Get, Injectable, Module, Scope, UseGuards } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { Query, Resolver } from '@nestjs/graphql'
import { MessagePattern } from '@nestjs/microservices'
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { describe, expect, it } from '@jest/globals'
import {
  JwtGuard,
  OptionalAuth,
  Public,
  RequireClaims,
  routeAudit,
  TokenLocations,
} from '@nest-jwt-auth/core'
import { signedInGuard } from '@nest-jwt-auth/core/testing'
import { auditLines, globalGuard, graphqlModule, startAudited, type StartOptions } from './audit-app.js'

@Injectable()
class ApiKeyGuard implements CanActivate {
  canActivate() {
    return true
  }
}

@Injectable()
class StrictApiKeyGuard extends ApiKeyGuard {}

@Injectable()
class OwnJwtGuard extends JwtGuard {}

/** `{ 'A.read': 'required by APP_GUARD' }`. */
async function verdictsOf(metadata: Parameters<typeof startAudited>[0], options?: StartOptions) {
  const routes = routeAudit(await startAudited(metadata, options))
  return Object.fromEntries(
    routes.map(({ controller, handler, access, by }) => [
      `${controller}.${handler}`,
      by === undefined ? access : `${access} by ${by}`,
    ]),
  )
}

describe('what decides', () => {
  @Controller('a')
  class A {
    @Get('plain')
    plain() {}

    @Get('public')
    @Public()
    public() {}

    @Get('guarded')
    @UseGuards(JwtGuard)
    guarded() {}

    @Get('own')
    @UseGuards(OwnJwtGuard)
    own() {}

    @Get('policy')
    @RequireClaims({ role: 'editor' })
    policy() {}

    @Get('optional')
    @OptionalAuth()
    optional() {}

    @Get('located')
    @TokenLocations('header')
    located() {}
  }

  @Controller('b')
  @Public()
  class B {
    @Get('plain')
    plain() {}

    @Get('closed')
    @Public(false)
    closed() {}
  }

  @Controller('c')
  @UseGuards(JwtGuard)
  class C {
    @Get('plain')
    plain() {}
  }

  it('is named without a global guard', async () => {
    expect(await verdictsOf({ controllers: [A, B, C] })).toEqual({
      'A.plain': 'open',
      'A.public': 'public by @Public() on the handler',
      'A.guarded': 'required by @UseGuards on the handler',
      'A.own': 'required by @UseGuards on the handler',
      'A.policy': 'required by a policy on the handler',
      'A.optional': 'optional by @OptionalAuth() on the handler',
      'A.located': 'required by @UseGuards on the handler',
      'B.plain': 'public by @Public() on the class',
      'B.closed': 'required by @Public(false) on the handler',
      'C.plain': 'required by @UseGuards on the class',
    })
  })

  it.each([
    ['APP_GUARD', globalGuard, {}],
    ['APP_GUARD', { provide: APP_GUARD, useClass: OwnJwtGuard }, {}],
    ['APP_GUARD', { provide: APP_GUARD, useFactory: (guard: JwtGuard) => guard, inject: [JwtGuard] }, {}],
    [
      'useGlobalGuards',
      { provide: 'nothing', useValue: 1 },
      { configure: (app) => app.useGlobalGuards(app.get(JwtGuard)) } satisfies StartOptions,
    ],
  ])('is named with a global guard: %s', async (by, provider, options) => {
    const verdicts = await verdictsOf({ controllers: [A, B], providers: [provider] }, options)

    expect(verdicts['A.plain']).toBe(`required by ${by}`)
    expect(verdicts['A.public']).toBe('public by @Public() on the handler')
    expect(verdicts['B.plain']).toBe('public by @Public() on the class')
  })
})

describe('another guard', () => {
  @Controller('a')
  class A {
    @Get('plain')
    plain() {}

    @Get('key')
    @UseGuards(StrictApiKeyGuard)
    key() {}

    @Get('key-only')
    @Public()
    @UseGuards(ApiKeyGuard)
    keyOnly() {}

    @Get('public')
    @Public()
    public() {}
  }

  it('is none while audit.guards does not name it', async () => {
    expect(await verdictsOf({ controllers: [A] })).toMatchObject({ 'A.key': 'open' })
  })

  it('closes what it is bound to, with its subclasses', async () => {
    expect(await verdictsOf({ controllers: [A] }, { auth: { audit: { guards: [ApiKeyGuard] } } })).toEqual({
      'A.plain': 'open',
      'A.key': 'required by ApiKeyGuard',
      'A.keyOnly': 'required by ApiKeyGuard',
      'A.public': 'public by @Public() on the handler',
    })
  })

  it('closes everything that is not public where it is global, and is named for what is', async () => {
    const metadata = { controllers: [A], providers: [{ provide: APP_GUARD, useClass: ApiKeyGuard }] }
    const verdicts = await verdictsOf(metadata, {
      auth: { audit: { level: 'error', guards: [ApiKeyGuard] } },
    })

    expect(verdicts).toMatchObject({
      'A.plain': 'required by ApiKeyGuard',
      'A.public': 'public by @Public() on the handler, but ApiKeyGuard runs too',
    })
  })
})

describe('inherited handlers', () => {
  class Base {
    @Get()
    read() {}

    @Get('words')
    @Public()
    words() {}
  }

  @Controller('open')
  class Open extends Base {}

  @Controller('closed')
  @UseGuards(JwtGuard)
  class Closed extends Base {}

  @Controller('policy')
  @RequireClaims({ role: 'editor' })
  class WithPolicy extends Base {}

  it('are judged by the class that Nest calls them on', async () => {
    expect(await verdictsOf({ controllers: [Open, Closed, WithPolicy] })).toEqual({
      'Open.read': 'open',
      'Open.words': 'public by @Public() on the handler',
      'Closed.read': 'required by @UseGuards on the class',
      'Closed.words': 'public by @Public() on the handler',
      'WithPolicy.read': 'required by a policy on the class',
      'WithPolicy.words': 'required by a policy on the class',
    })
  })
})

describe('a handler', () => {
  /** Puts a function in place that has Nest's words for the route, but not the guards. */
  const losing: MethodDecorator = (_target, _name, descriptor) => {
    const inner = descriptor.value as object
    const wrapper = function wrapper() {}
    for (const key of ['path', 'method']) {
      Reflect.defineMetadata(key, Reflect.getMetadata(key, inner), wrapper)
    }
    descriptor.value = wrapper as never
  }

  @Controller('a')
  class A {
    @losing
    @Get()
    @UseGuards(JwtGuard)
    lost() {}
  }

  @Controller({ path: 'scoped', scope: Scope.REQUEST })
  class Scoped {
    @Get()
    @UseGuards(JwtGuard)
    closed() {}

    @Get('open')
    open() {}
  }

  @Controller('assigned')
  @UseGuards(JwtGuard)
  class Assigned {
    constructor() {
      this.read = this.read.bind(this)
    }

    @Get()
    read() {}
  }

  it('whose wrapper lost a bare @UseGuards shows as open', async () => {
    expect(await verdictsOf({ controllers: [A] })).toEqual({ 'A.lost': 'open' })
  })

  it('of a request-scoped controller is seen', async () => {
    expect(await verdictsOf({ controllers: [Scoped] })).toMatchObject({
      'Scoped.closed': 'required by @UseGuards on the handler',
      'Scoped.open': 'open',
    })
  })

  it('that a constructor replaced is judged by what its class says', async () => {
    expect(await verdictsOf({ controllers: [Assigned] })).toEqual({
      'Assigned.read': 'required by @UseGuards on the class',
    })
  })
})

describe('handlers that are provided in other ways', () => {
  @Resolver()
  class MadeResolver {
    @Query(() => String)
    made() {
      return ''
    }
  }

  @WebSocketGateway()
  class AliasedGateway {
    @SubscribeMessage('x')
    x(_data: unknown) {}
  }

  @Controller()
  class BothController {
    @Get('both')
    @MessagePattern('both')
    both(_data: unknown) {}
  }

  @Module({
    providers: [
      { provide: 'resolver', useFactory: () => new MadeResolver() },
      { provide: 'gateway', useClass: AliasedGateway },
    ],
    controllers: [BothController],
  })
  class Deep {}

  it('are seen wherever they are', async () => {
    const app = await startAudited({ imports: [graphqlModule(), Deep], controllers: [BothController] })
    const found = routeAudit(app).map(({ transport, handler }) => `${transport} ${handler}`)

    expect(found).toEqual(['http both', 'http both', 'graphql made', 'ws x', 'rpc both'])
  })
})

describe('a test that overrides the guard', () => {
  @Controller('a')
  class A {
    @Get()
    read() {}
  }

  it.each([
    ['signedInGuard', signedInGuard({ claims: { sub: '1' } })],
    ['anything', { canActivate: () => true }],
  ])('with %s is told of no hole', async (_, guard) => {
    const metadata = { controllers: [A], providers: [globalGuard] }
    const verdicts = await verdictsOf(metadata, {
      auth: { audit: 'error' },
      override: (builder) => builder.overrideProvider(JwtGuard).useValue(guard),
    })

    expect(verdicts).toEqual({ 'A.read': 'required by APP_GUARD' })
  })
})

describe('the ready-made routes', () => {
  it('are listed', async () => {
    const verdicts = await verdictsOf(
      {},
      {
        auth: {
          audit: 'error',
          refreshToken: {},
          endpoints: { refresh: true, logout: true, logoutAll: true, sessions: true },
        },
      },
    )

    expect(verdicts).toEqual({
      'AuthController.refresh': 'public by @Public() on the handler',
      'AuthController.logout': 'public by @Public() on the handler',
      'AuthController.logoutAll': 'required by @UseGuards on the handler',
      'AuthController.sessions': 'required by @UseGuards on the handler',
      'AuthController.endSession': 'required by @UseGuards on the handler',
    })
    expect(auditLines()).toEqual([])
  })
})
