import {
  type CanActivate,
  type INestApplication,
  Injectable,
  Module,
  type ModuleMetadata,
} from '@nestjs/common'
import { APP_GUARD, NestFactory } from '@nestjs/core'
import { Transport } from '@nestjs/microservices'
import { Test } from '@nestjs/testing'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, JwtGuard, routeAudit } from '@nest-jwt-auth/core'
import { SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'
import {
  auditLines,
  closeLater,
  createAudited,
  globalGuard,
  graphqlModule,
  ItemGateway,
  ItemMessages,
  ItemResolver,
  ItemsController,
  openOf,
} from './audit-app.js'
import { isNest11 } from '../support/nest-version.js'

const made: string[] = []

@Injectable()
class ApiKeyGuard implements CanActivate {
  constructor() {
    made.push('guard')
  }

  canActivate() {
    return true
  }
}

async function preview(metadata: ModuleMetadata): Promise<INestApplication> {
  @Module(metadata)
  class AppModule {}
  return NestFactory.create(AppModule, {
    snapshot: true,
    preview: true,
    abortOnError: false,
    logger: logs,
  })
}

const auth = JwtAuthModule.forRoot({ secret: SECRET, refreshToken: false })
const everywhere = {
  controllers: [ItemsController, ItemMessages],
  providers: [ItemResolver, ItemGateway],
}

describe('a preview', () => {
  it.each([
    ['without a global guard', []],
    ['with a global guard', [globalGuard]],
    ['with a global guard by its class', [{ provide: APP_GUARD, useClass: JwtGuard }]],
  ])('%s gives what the app gives that is not connected to a microservice', async (_, guards) => {
    const imports = [graphqlModule({ fieldResolverEnhancers: ['guards'] })]
    const metadata = { ...everywhere, providers: [...everywhere.providers, ...guards] }
    const app = await createAudited({ ...metadata, imports })
    const audit = routeAudit(await preview({ ...metadata, imports: [auth, ...imports] }))

    expect(audit.length).toBeGreaterThan(15)
    expect([...audit]).toEqual([...routeAudit(app)])
  })

  it('builds nothing', async () => {
    made.length = 0
    const providers = [
      { provide: 'work', useFactory: () => made.push('work') },
      { provide: APP_GUARD, useClass: ApiKeyGuard },
    ]
    const app = await preview({ imports: [auth], controllers: [ItemsController], providers })
    routeAudit(app)

    expect(made).toEqual([])
  })

  it('knows the guards of audit.guards from forRoot', async () => {
    const imports = [JwtAuthModule.forRoot({ secret: SECRET, audit: { guards: [ApiKeyGuard] } })]
    const providers = [{ provide: APP_GUARD, useClass: ApiKeyGuard }]
    const app = await preview({ imports, controllers: [ItemsController], providers })

    expect(openOf(app)).toEqual([])
    expect(routeAudit(app).unseen).not.toContainEqual(expect.stringContaining('audit.guards'))
  })

  it('knows that the app publishes its keys', async () => {
    const imports = [JwtAuthModule.forRootAsync({ useFactory: () => ({}), endpoints: { jwks: true } })]

    expect(routeAudit(await preview({ imports }))).toMatchObject([
      { path: '/.well-known/jwks.json', access: 'public' },
    ])
  })

  it('says what main.ts sets', async () => {
    const { unseen } = routeAudit(await preview({ imports: [auth] }))

    expect(unseen).toContainEqual(expect.stringContaining('main.ts'))
    expect(unseen).not.toContainEqual(expect.stringContaining('audit.guards'))
    expect(unseen).not.toContainEqual(expect.stringContaining('fieldResolverEnhancers'))
  })

  it('says which factories it has not run', async () => {
    const imports = [
      JwtAuthModule.forRootAsync({
        useFactory: () => ({ secret: SECRET, audit: { guards: [ApiKeyGuard] } }),
      }),
    ]
    const providers = [{ provide: APP_GUARD, useFactory: (guard: JwtGuard) => guard, inject: [JwtGuard] }]
    const { unseen } = routeAudit(await preview({ imports, providers }))

    expect(unseen).toContainEqual(expect.stringContaining('audit.guards'))
    expect(unseen).toContainEqual(expect.stringContaining('A global guard that a factory makes'))
  })
})

describe('an app', () => {
  it('says what no audit sees, and nothing of a preview', async () => {
    const { unseen } = routeAudit(await createAudited({}))

    expect(unseen).toHaveLength(3)
    expect(unseen).not.toContainEqual(expect.stringContaining('preview'))
  })

  it('has the sentences beside the list, not in it', async () => {
    const audit = routeAudit(await createAudited({ controllers: [ItemsController] }))

    expect(Object.keys(audit)).toEqual(['0', '1', '2', '3'])
    expect(audit.filter(({ access }) => access === 'public')).toHaveLength(1)
  })
})

describe('a microservice', () => {
  it.each([
    ['its messages are guarded by its global guard', [globalGuard], []],
    [
      'its messages are open without one',
      [],
      ['rpc ItemMessages.forgotten "forgotten"', 'rpc ItemMessages.forgottenEvent "item.forgotten"'],
    ],
  ])('%s', async (_, providers, open) => {
    const metadata = { imports: [auth], controllers: [ItemMessages], providers }
    const module = await Test.createTestingModule(metadata).setLogger(logs).compile()
    const app = closeLater(module.createNestMicroservice({ transport: Transport.TCP, options: { port: 0 } }))
    await app.init()

    expect(openOf(app)).toEqual(open)
    expect(auditLines()).toEqual([])
  })
})

describe('an application context', () => {
  it("serves nothing, so audit: 'error' does not stop it", async () => {
    const imports = [JwtAuthModule.forRoot({ secret: SECRET, refreshToken: false, audit: 'error' })]
    const module = closeLater(
      await Test.createTestingModule({ imports, ...everywhere, providers: [ItemGateway] }).compile(),
    )

    await expect(module.init()).resolves.toBeDefined()
    expect(openOf(module)).toContain('http ItemsController.forgotten GET /items/forgotten')
  })
})

describe('gateways', () => {
  it(`are ${isNest11 ? 'open' : 'guarded'} under a global guard, on this Nest`, async () => {
    const app = await createAudited({ providers: [ItemGateway, globalGuard] })

    expect(openOf(app)).toEqual(isNest11 ? ['ws ItemGateway.forgotten "forgotten"'] : [])
  })
})
