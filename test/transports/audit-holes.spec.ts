import { Controller, Get, type INestApplication, Inject, Module, UseGuards } from '@nestjs/common'
import { Query, Resolver } from '@nestjs/graphql'
import { Transport } from '@nestjs/microservices'
import { describe, expect, it } from '@jest/globals'
import { JwtGuard, Public, routeAudit } from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { problemsOf } from '../support/boot-problems.js'
import { logs } from '../support/logs.js'
import {
  auditLines,
  globalGuard,
  graphqlModule,
  ItemGateway,
  ItemMessages,
  ItemResolver,
  ItemsController,
  openOf,
  OwnerResolver,
  shown,
  startAudited,
} from './audit-app.js'
import { isNest11 } from '../support/nest-version.js'

const everywhere = {
  controllers: [ItemsController, ItemMessages],
  providers: [ItemResolver, ItemGateway],
}

@Module({ providers: [OwnerResolver] })
class OwnerModule {}

@Module({ providers: [ItemResolver] })
class ItemModule {}

@Resolver()
class MoreResolver {
  @Query(() => String)
  more() {
    return ''
  }
}

@Module({ providers: [MoreResolver] })
class MoreModule {}

const withFieldGuards = [graphqlModule({ fieldResolverEnhancers: ['guards'] }), OwnerModule]

const overHttp = [
  'http ItemsController.forgotten GET /items/forgotten',
  'graphql ItemResolver.forgottenQuery Query.forgottenQuery',
  'graphql ItemResolver.forgottenChanges Subscription.forgottenChanges',
  'graphql ItemResolver.forgottenField Item.forgottenField',
  'ws ItemGateway.forgotten "forgotten"',
]
const forgottenMessages = [
  'rpc ItemMessages.forgotten "forgotten"',
  'rpc ItemMessages.forgottenEvent "item.forgotten"',
]

const hybrid = { inheritAppConfig: false }

describe('an app that guards by hand and has a hole in each transport', () => {
  it('has the holes named, and nothing else', async () => {
    const app = await startAudited({ ...everywhere, imports: withFieldGuards })

    expect(openOf(app)).toEqual([...overHttp, ...forgottenMessages])
  })

  it('starts without a line, since it declares no global guard', async () => {
    await startAudited({ ...everywhere, imports: withFieldGuards }, { hybrid })

    expect(auditLines()).toEqual([])
  })

  it("does not start with audit: 'error', and every hole is listed", async () => {
    const starting = startAudited(
      { ...everywhere, imports: withFieldGuards },
      { hybrid, auth: { audit: 'error' } },
    )
    const problems = await problemsOf(starting)

    expect(problems.map(({ path }) => path)).toEqual(
      [...overHttp, ...forgottenMessages].map((line) => line.split(' ')[1]),
    )
    expect(problems[0]?.problem).toContain('GET /items/forgotten')
    expect(problems[0]?.fix).toContain('@UseGuards(JwtGuard)')
  })

  it('is not refused for messages that no microservice serves', async () => {
    const starting = startAudited({ controllers: [ItemMessages] }, { auth: { audit: 'error' } })

    await expect(starting).resolves.toBeDefined()
  })

  it.each([
    { audit: 'error', lines: [expect.stringContaining('No guard runs before ItemMessages.forgotten (rpc ')] },
    { audit: 'warn', lines: [] },
  ] as const)('when a microservice is connected after boot: audit: $audit', async ({ audit, lines }) => {
    const app = await startAudited({ controllers: [ItemMessages] }, { auth: { audit } })
    app.connectMicroservice({ options: { port: 0 } })

    expect(auditLines()).toEqual(lines)
  })
})

describe('an app with a global guard', () => {
  const metadata = { ...everywhere, providers: [...everywhere.providers, globalGuard] }
  const gateway = isNest11 ? ['ws ItemGateway.forgotten "forgotten"'] : []
  const fields = ['graphql ItemResolver.forgottenField Item.forgottenField']

  it('has open what Nest does not run global guards for', async () => {
    const app = await startAudited({ ...metadata, imports: [graphqlModule()] }, { hybrid })

    expect(openOf(app)).toEqual([...fields, ...gateway, ...forgottenMessages])
  })

  it('says why', async () => {
    const app = await startAudited({ ...metadata, imports: [graphqlModule()] }, { hybrid })
    const reasons = routeAudit(app).flatMap(({ access, by }) => (access === 'open' ? [by] : []))

    expect(new Set(reasons)).toEqual(
      new Set([
        expect.stringContaining('fieldResolverEnhancers'),
        expect.stringContaining('inheritAppConfig'),
        ...(isNest11 ? [expect.stringContaining('gateways')] : []),
      ]),
    )
  })

  it('warns in one line, which says how to list them', async () => {
    await startAudited({ ...metadata, imports: [graphqlModule()] }, { hybrid })
    const [line, connections, ...others] = auditLines()

    expect(others).toEqual([])
    expect(connections).toMatch(/^warn: audit: .* anybody can connect to ItemGateway, .* protect\(server\)/)
    expect(line).toMatch(/^warn: audit: JwtGuard is a global guard, but Nest does not run it before /)
    expect(line).toContain('ItemMessages.forgotten (rpc forgotten)')
    expect(line).toContain('routeAudit(app)')
  })

  it("says nothing with audit: 'off'", async () => {
    await startAudited({ ...metadata, imports: [graphqlModule()] }, { hybrid, auth: { audit: 'off' } })

    expect(auditLines()).toEqual([])
  })

  it('closes messages of a microservice that inherits its configuration', async () => {
    const app = await startAudited(
      { ...metadata, imports: withFieldGuards },
      { hybrid: { inheritAppConfig: true } },
    )

    expect(openOf(app)).toEqual(gateway)
  })

  it('has messages open if one of its microservices does not inherit its configuration', async () => {
    const connect = (nest: INestApplication, inheritAppConfig: boolean) =>
      nest.connectMicroservice({ transport: Transport.TCP, options: { port: 0 } }, { inheritAppConfig })
    const app = await startAudited(
      { controllers: [ItemMessages], providers: [globalGuard] },
      { configure: (nest) => [connect(nest, true), connect(nest, false)] },
    )

    expect(openOf(app)).toEqual(forgottenMessages)
    const forgotten = routeAudit(app).find(({ handler }) => handler === 'forgotten')
    expect(forgotten?.by).toContain('inheritAppConfig')
  })

  it('has fields open if one of its GraphQL modules runs no guards on fields', async () => {
    const app = await startAudited({
      imports: [
        ItemModule,
        MoreModule,
        graphqlModule({ path: '/items', include: [ItemModule] }),
        graphqlModule({ path: '/more', include: [MoreModule], fieldResolverEnhancers: ['guards'] }),
      ],
      providers: [globalGuard],
    })

    expect(openOf(app)).toEqual(fields)
  })

  it('is told when a microservice is connected after boot', async () => {
    const app = await startAudited({ controllers: [ItemMessages], providers: [globalGuard] })
    expect(auditLines()).toEqual([])
    app.connectMicroservice({ options: { port: 0 } })

    expect(auditLines()).toEqual([expect.stringContaining('ItemMessages.forgotten (rpc forgotten)')])
  })
})

describe('an app without holes', () => {
  @UseGuards(JwtGuard)
  class Closed extends ItemGateway {
    constructor(@Inject(JwtSockets) private readonly sockets: JwtSockets) {
      super()
    }

    afterInit(server: object): void {
      this.sockets.protect(server)
    }
  }

  @Controller('open')
  class OpenController {
    @Get()
    @Public()
    read() {}
  }

  it("names nothing, and starts with audit: 'error'", async () => {
    const app = await startAudited(
      {
        imports: withFieldGuards,
        controllers: [ItemsController, OpenController],
        providers: [ItemResolver, globalGuard, { provide: 'gateway', useClass: Closed }],
      },
      { auth: { audit: 'error' } },
    )

    expect(openOf(app)).toEqual([])
    expect(
      routeAudit(app)
        .filter(({ access }) => access === 'public')
        .map(shown),
    ).toEqual(['http ItemsController.health GET /items/health', 'http OpenController.read GET /open'])
    expect(logs.text('warn')).toBe('')
  })
})
