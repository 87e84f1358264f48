import {
  All,
  Controller,
  Get,
  type INestApplication,
  Module,
  Post,
  RequestMethod,
  Sse,
  Version,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common'
import { NestFactory, RouterModule, SerializedGraph } from '@nestjs/core'
import { describe, expect, it } from '@jest/globals'
import { EMPTY } from 'rxjs'
import { JwtAuthModule, routeAudit } from '@nest-jwt-auth/core'
import { SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { closeLater } from './audit-app.js'

@Controller()
class RootController {
  @Get()
  root() {}

  @Get(['one', '/two/', 'three/:id'])
  several() {}

  @All('anything{/:id}')
  anything() {}

  @Get('{:optional}')
  optional() {}

  @Get('files/*path')
  files() {}
}

@Controller(['items', '/goods/'])
class ItemsController {
  @Get()
  list() {}

  @Post(':id/copies')
  copy() {}

  @Sse('changes')
  changes() {
    return EMPTY
  }
}

@Controller({ path: 'versions', version: ['2', VERSION_NEUTRAL] })
class VersionedController {
  @Get()
  ofClass() {}

  @Get('own')
  @Version('3')
  own() {}

  @Get('neutral')
  @Version(VERSION_NEUTRAL)
  neutral() {}
}

@Controller('inner')
class InnerController {
  @Get('health')
  health() {}
}

@Module({ controllers: [InnerController] })
class InnerModule {}

@Module({ controllers: [ItemsController] })
class OuterModule {}

@Module({
  imports: [
    JwtAuthModule.forRoot({ secret: SECRET, refreshToken: false, audit: 'off' }),
    OuterModule,
    InnerModule,
    RouterModule.register([
      { path: 'outer', module: OuterModule, children: [{ path: '/deep/', module: InnerModule }] },
    ]),
  ],
  controllers: [RootController, VersionedController],
})
class AppModule {}

const setups: Record<string, (app: INestApplication) => unknown> = {
  'nothing set': () => {},
  'a prefix': (app) => app.setGlobalPrefix('api'),
  'a prefix with slashes and exclusions': (app) =>
    app.setGlobalPrefix('/api/v9/', {
      exclude: ['one', 'outer/deep/{*rest}', { path: 'outer/items/:id/copies', method: RequestMethod.GET }],
    }),
  'versions in the path': (app) => app.enableVersioning({ type: VersioningType.URI }),
  'versions in the path, with a prefix and a default': (app) =>
    app
      .setGlobalPrefix('api', { exclude: ['versions', 'one'] })
      .enableVersioning({ type: VersioningType.URI, prefix: 'version-', defaultVersion: ['1', '2'] }),
  'versions in the path without a prefix of their own': (app) =>
    app.enableVersioning({ type: VersioningType.URI, prefix: false, defaultVersion: VERSION_NEUTRAL }),
  'versions in a header': (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
}

interface Entrypoint {
  type: string
  className: string
  methodName: string
  metadata: { path: string; requestMethod: string }
}

/** What Nest itself wrote down when it registered its routes. */
function registered(app: INestApplication): string[] {
  const { entrypoints } = app.get(SerializedGraph).toJSON() as unknown as {
    entrypoints: Record<string, Entrypoint[]>
  }
  return Object.values(entrypoints)
    .flat()
    .filter(({ type }) => type === 'http-endpoint')
    .map(
      ({ className, methodName, metadata }) =>
        `${className}.${methodName} ${metadata.requestMethod} ${metadata.path}`,
    )
}

const listed = (app: INestApplication) =>
  routeAudit(app).map(({ controller, handler, method, path }) => `${controller}.${handler} ${method} ${path}`)

const quiet = { logger: logs, abortOnError: false } as const

describe.each(Object.entries(setups))('with %s', (_, configure) => {
  it('the paths are those that Nest registers', async () => {
    const app = closeLater(await NestFactory.create(AppModule, { snapshot: true, ...quiet }))
    configure(app)
    await app.init()

    expect(registered(app).length).toBeGreaterThan(14)
    expect(listed(app).toSorted()).toEqual(registered(app).toSorted())
  })

  it('a preview, which starts nothing, gives the same', async () => {
    const app = closeLater(await NestFactory.create(AppModule, { ...quiet }))
    const preview = await NestFactory.create(AppModule, {
      snapshot: true,
      preview: true,
      ...quiet,
    })
    for (const one of [app, preview]) configure(one)

    expect(listed(preview)).toEqual(listed(app))
    expect([...routeAudit(preview)]).toEqual([...routeAudit(app)])
  })
})

describe('a route', () => {
  @Controller({ path: 'hosted', host: ['a.example.com', ':tenant.example.com'], version: '1' })
  class HostedController {
    @Get()
    read() {}
  }

  @Module({ controllers: [HostedController] })
  class HostedModule {}

  it('tells its hosts, and its versions where they are not in the path', async () => {
    const app = closeLater(await NestFactory.create(HostedModule, quiet))
    app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' })

    expect([...routeAudit(app)]).toEqual([
      {
        transport: 'http',
        controller: 'HostedController',
        handler: 'read',
        method: 'GET',
        path: '/hosted',
        version: ['1'],
        host: ['a.example.com', ':tenant.example.com'],
        access: 'open',
      },
    ])
  })
})
