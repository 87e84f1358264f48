import {
  All,
  applyDecorators,
  type CanActivate,
  Controller,
  type DynamicModule,
  Get,
  Head,
  Injectable,
  Module,
  Sse,
  UseGuards,
  Version,
  VersioningType,
} from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { describe, expect, it } from '@jest/globals'
import { JwtGuard, OptionalAuth, Public, RequireScopes, routeAudit } from '@nest-jwt-auth/core'
import { sendRequest } from '../support/http.js'
import { startAudited } from './audit-app.js'
import type { INestApplication } from '@nestjs/common'
import { NEVER } from 'rxjs'

const Guarded = () => applyDecorators(UseGuards(JwtGuard))
const Admin = () => applyDecorators(Guarded(), RequireScopes('admin'))

class GuardOfOurs extends JwtGuard {}

@Injectable()
class OtherGuard implements CanActivate {
  canActivate(): boolean {
    return true
  }
}

@Controller('things')
class Things {
  @Get('custom')
  @Admin()
  custom() {
    return {}
  }

  @Sse('events')
  events() {
    return NEVER
  }

  @Get('files/*path')
  wildcard() {
    return {}
  }

  @All('all')
  all() {
    return {}
  }

  @Head('head')
  head() {}

  @Get('versioned')
  @Version(['1', '2'])
  versioned() {
    return {}
  }

  @Get('other')
  @UseGuards(OtherGuard)
  other() {
    return {}
  }

  @Get('subclass')
  @UseGuards(GuardOfOurs)
  subclass() {
    return {}
  }

  @Get('optional')
  @OptionalAuth()
  optional() {
    return {}
  }
}

/** Each heir is a controller of its own. */
abstract class Base {
  @Get('inherited')
  inherited() {
    return {}
  }

  @Get('replaced')
  @UseGuards(JwtGuard)
  replaced() {
    return {}
  }

  @Get('public')
  @Public()
  public() {
    return {}
  }
}

@Controller('heirs/open')
class OpenHeir extends Base {
  /** Without a decorator it is no route. */
  override replaced() {
    return {}
  }
}

@Controller('heirs/guarded')
@UseGuards(JwtGuard)
class GuardedHeir extends Base {}

@Controller('dynamic')
class DynamicController {
  @Get()
  read() {
    return {}
  }
}

@Module({})
class Dynamic {
  static register(): DynamicModule {
    return { module: Dynamic, controllers: [DynamicController] }
  }
}

@Module({ providers: [{ provide: APP_GUARD, useExisting: JwtGuard }] })
class FeatureWithGuard {}

const controllers = [Things, OpenHeir, GuardedHeir]

/** Whether a request without a token gets past all guards of this library. */
async function isAnswered(app: INestApplication, method: string, path: string): Promise<boolean> {
  const { port } = app.getHttpServer().address() as { port: number }
  const filled = path.replace('*path', 'a/b').replace(':id', '7')
  const { status } = await sendRequest(port, { method: method === 'ALL' ? 'PUT' : method, path: filled })
  return status !== 401
}

async function expectTruth(app: INestApplication): Promise<void> {
  await app.listen(0, '127.0.0.1')
  const routes = routeAudit(app).filter(
    ({ transport, path }) => transport === 'http' && !path?.includes('events'),
  )
  const wrong: string[] = []
  for (const { access, method = '', path = '' } of routes) {
    const answered = await isAnswered(app, method, path)
    if (answered !== (access !== 'required'))
      wrong.push(`${method} ${path} is ${access}, but answered ${answered}`)
  }
  expect(wrong).toEqual([])
  expect(routes.length).toBeGreaterThan(10)
}

describe('what the audit says of unusual routes is what a client without a token meets', () => {
  const imports = [Dynamic.register()]
  const configure = (app: INestApplication) => void app.enableVersioning({ type: VersioningType.URI })

  it('without a global guard', async () => {
    const app = await startAudited({ controllers, providers: [OtherGuard], imports }, { configure })
    await expectTruth(app)
    expect(
      routeAudit(app)
        .filter(({ access }) => access === 'open')
        .map(({ handler, path }) => `${handler} ${path}`),
    ).toEqual([
      'events /things/events',
      'wildcard /things/files/*path',
      'all /things/all',
      'head /things/head',
      'versioned /v1/things/versioned',
      'versioned /v2/things/versioned',
      'other /things/other',
      'inherited /heirs/open/inherited',
      'read /dynamic',
    ])
  })

  it('with a guard that a feature module provides as APP_GUARD', async () => {
    const app = await startAudited(
      { controllers, providers: [OtherGuard], imports: [...imports, FeatureWithGuard] },
      { configure },
    )
    await expectTruth(app)
    expect(routeAudit(app).filter(({ access }) => access === 'open')).toEqual([])
  })

  it('with a guard of useGlobalGuards', async () => {
    const app = await startAudited(
      { controllers, providers: [OtherGuard], imports },
      {
        configure: (nest) => {
          configure(nest)
          nest.useGlobalGuards(nest.get(JwtGuard))
        },
      },
    )
    await expectTruth(app)
    expect(routeAudit(app).filter(({ access }) => access === 'open')).toEqual([])
  })
})
