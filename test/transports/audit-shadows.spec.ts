import {
  All,
  Controller,
  Get,
  Head,
  type INestApplication,
  Post,
  UseGuards,
  VersioningType,
} from '@nestjs/common'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { NestFactory } from '@nestjs/core'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, JwtGuard, OptionalAuth, Public, routeAudit } from '@nest-jwt-auth/core'
import { SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { auditLines, closeLater, globalGuard, startAudited } from './audit-app.js'
import { isNest11 } from '../support/nest-version.js'

@Controller('items')
class ItemsController {
  @Get(':id')
  @Public()
  read() {}

  @Get('admin')
  admin() {}

  @Post('admin')
  create() {}

  @Get('admin/rights')
  rights() {}

  @Get(':other')
  @OptionalAuth()
  other() {}
}

/** What each open route takes requests from. */
const shadowsOf = (app: INestApplication) =>
  routeAudit(app).flatMap(({ handler, shadows }) => (shadows === undefined ? [] : [[handler, shadows]]))

async function startWith(...controllers: (new () => object)[]) {
  return startAudited({ controllers, providers: [globalGuard] })
}

describe('a public route', () => {
  it('is named with the later routes that it takes requests from', async () => {
    expect(shadowsOf(await startWith(ItemsController))).toEqual([
      ['read', ['GET /items/admin (ItemsController.admin)', 'GET /items/:other (ItemsController.other)']],
    ])
  })

  it('is named at boot, in one line', async () => {
    await startWith(ItemsController)

    expect(auditLines()).toEqual([
      expect.stringMatching(/^warn: .* GET \/items\/:id takes requests from GET \/items\/admin/),
    ])
  })

  it('that comes later takes nothing', async () => {
    @Controller('items')
    class Later {
      @Get('admin')
      admin() {}

      @Get(':id')
      @Public()
      read() {}
    }

    expect(shadowsOf(await startWith(Later))).toEqual([])
    expect(auditLines()).toEqual([])
  })

  it.each([
    ['*path', 'admin/rights', true],
    ['files/*path', 'files', false],
    ['files{/:name}', 'files', true],
    [':a/:b', 'admin/:id', true],
    [':a', 'admin/rights', false],
    [':from-:to', 'a-b', true],
    [':from-:to', 'admin', false],
    ['Admin', 'admin', true],
    ['admin', 'admin/', true],
    ['admins', 'admin', false],
    ['a.min', 'admin', false],
    ['v:version', 'admin', false],
  ])('at %s, before %s: %s', async (first, second, isShadowed) => {
    @Controller('items')
    class Two {
      @Get(first)
      @Public()
      open() {}

      @Get(second)
      closed() {}
    }

    expect(shadowsOf(await startWith(Two))).toHaveLength(isShadowed ? 1 : 0)
  })

  it('for all methods takes those of each', async () => {
    @Controller('items')
    class Everything {
      @All('*path')
      @Public()
      all() {}

      @Post('admin')
      create() {}
    }

    expect(shadowsOf(await startWith(Everything))).toEqual([
      ['all', ['POST /items/admin (Everything.create)']],
    ])
  })

  it('for GET takes HEAD requests too', async () => {
    @Controller('items')
    class Heads {
      @Get(':id')
      @Public()
      read() {}

      @Head('admin')
      head() {}
    }
    const app = await startWith(Heads)

    expect(shadowsOf(app)).toEqual([['read', ['HEAD /items/admin (Heads.head)']]])
  })

  it('takes nothing from other hosts and versions', async () => {
    @Controller({ path: 'items', host: 'a.example.com', version: '1' })
    class A {
      @Get(':id')
      @Public()
      read() {}
    }

    @Controller({ path: 'items', host: 'b.example.com', version: '1' })
    class OtherHost {
      @Get('admin')
      admin() {}
    }

    @Controller({ path: 'items', host: 'a.example.com', version: '2' })
    class OtherVersion {
      @Get('admin')
      admin() {}
    }

    const app = await startAudited(
      { controllers: [A, OtherHost, OtherVersion], providers: [globalGuard] },
      {
        configure: (nest) => nest.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
      },
    )

    expect(shadowsOf(app)).toEqual([])
  })
})

describe('an open route', () => {
  @Controller('items')
  class Open {
    @Get(':id')
    read() {}

    @Get('admin')
    @UseGuards(JwtGuard)
    admin() {}
  }

  it('is named too', async () => {
    expect(shadowsOf(await startAudited({ controllers: [Open] }))).toEqual([
      ['read', ['GET /items/admin (Open.admin)']],
    ])
  })

  it('takes nothing where the adapter picks the most specific route', async () => {
    const module = {
      module: class {},
      controllers: [Open],
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
    }
    const app = closeLater(await NestFactory.create(module, new FastifyAdapter(), { logger: logs }))

    expect(shadowsOf(app)).toEqual([])
  })

  if (!isNest11) {
    it('takes nothing where Nest sorts the routes', async () => {
      const module = {
        module: class {},
        controllers: [Open],
        imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      }
      const options = { logger: logs, routeResolutionStrategy: 'specificity' } as const
      const app = closeLater(await NestFactory.create(module, options))

      expect(shadowsOf(app)).toEqual([])
    })
  }
})
