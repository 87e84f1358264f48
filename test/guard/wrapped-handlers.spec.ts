import { Controller, Get, UseGuards } from '@nestjs/common'
import { beforeEach, describe, expect, it } from '@jest/globals'
import {
  JwtAuthModule,
  JwtGuard,
  OptionalAuth,
  Public,
  RequireClaims,
  TokenLocations,
} from '@nest-jwt-auth/core'
import { adapters, startApp, startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'

/** As many logging and caching decorators do: another function in the place of the handler. */
const Wrap =
  () =>
  (_target: object, _name: string, descriptor: PropertyDescriptor): void => {
    const inner = descriptor.value as (...args: unknown[]) => unknown
    descriptor.value = function wrapper(this: unknown, ...args: unknown[]) {
      return inner.apply(this, args)
    }
  }

@Controller('above')
class WrappedAbove {
  @Get()
  @Wrap()
  @RequireClaims({ is_admin: true })
  list() {
    return []
  }
}

@Controller('closed-again')
@Public()
class WrappedInPublic {
  @Get()
  @Wrap()
  @Public(false)
  list() {
    return []
  }
}

@Controller('optional')
@UseGuards(JwtGuard)
class WrappedOptional {
  @Get()
  @Wrap()
  @OptionalAuth()
  list() {
    return []
  }
}

@Controller('between')
class WrappedBetween {
  @Get()
  @TokenLocations('header')
  @Wrap()
  @RequireClaims({ is_admin: true })
  list() {
    return []
  }
}

@Controller('between-policies')
class WrappedBetweenPolicies {
  @Get()
  @RequireClaims({ is_staff: true })
  @Wrap()
  @RequireClaims({ is_admin: true })
  list() {
    return []
  }
}

/** Copies what it knows, which is not everything. */
const WrapKeeping =
  (...keep: unknown[]) =>
  (_target: object, _name: string, descriptor: PropertyDescriptor): void => {
    const inner = descriptor.value as (...args: unknown[]) => unknown
    descriptor.value = function wrapper(this: unknown, ...args: unknown[]) {
      return inner.apply(this, args)
    }
    for (const key of Reflect.getMetadataKeys(inner) as unknown[]) {
      const isKept = keep.includes(typeof key === 'symbol' ? 'symbols' : key)
      if (isKept) Reflect.defineMetadata(key, Reflect.getMetadata(key, inner), descriptor.value as object)
    }
  }

@Controller('without-guards')
class WrappedWithoutGuards {
  @Get()
  @WrapKeeping('symbols')
  @RequireClaims({ is_admin: true })
  list() {
    return []
  }
}

@Controller('below')
class WrappedBelow {
  @Get()
  @RequireClaims({ is_admin: true })
  @Wrap()
  list() {
    return []
  }
}

const setup = () => JwtAuthModule.forRoot({ secret: SECRET })

describe('a decorator that replaces the handler', () => {
  it.each([
    WrappedAbove,
    WrappedInPublic,
    WrappedOptional,
    WrappedBetween,
    WrappedBetweenPolicies,
    WrappedWithoutGuards,
  ])('above one of ours is a boot error that names %p', async (controller) => {
    const starting = startModule({ imports: [setup()], controllers: [controller] })

    await expect(starting).rejects.toMatchObject({
      problems: [{ path: `${controller.name}.list`, problem: expect.stringContaining('replaced') }],
    })
  })

  it.each(adapters)('below the decorators of this library changes nothing, on $name', async (adapter) => {
    const app = await startApp(adapter, { imports: [setup()], controllers: [WrappedBelow] })

    expect(await app.get('/below')).toMatchObject({ status: 401 })
    expect(await app.get('/below', await app.tokens.issueAccessToken('ida'))).toMatchObject({ status: 403 })
  })
})

class BaseController {
  @Get('list')
  @Public()
  list() {
    return []
  }
}

@Controller('open')
class OpenController extends BaseController {}

@Controller('closed')
@RequireClaims({ is_admin: true })
class ClosedController extends BaseController {}

it.each(adapters)('a policy of a derived class closes what it inherits, on $name', async (adapter) => {
  const app = await startApp(adapter, { imports: [setup()], controllers: [OpenController, ClosedController] })

  expect(await app.get('/open/list')).toMatchObject({ status: 200 })
  expect(await app.get('/closed/list')).toMatchObject({ status: 401 })
})

class AdminController {
  @Get('bare')
  @RequireClaims({ is_admin: true })
  bare(): unknown[] {
    return []
  }

  @Get('opened')
  @RequireClaims({ is_admin: true })
  opened(): unknown[] {
    return []
  }

  @Get('closed')
  @RequireClaims({ is_admin: true })
  closed(): unknown[] {
    return []
  }

  @Get('no-handler')
  @RequireClaims({ is_admin: true })
  noHandler(): unknown[] {
    return []
  }
}

@Controller('overriding')
class OverridingController extends AdminController {
  @Get('bare')
  override bare() {
    return []
  }

  @Get('opened')
  @Public()
  override opened() {
    return []
  }

  @Get('closed')
  @RequireClaims({ is_staff: true })
  override closed() {
    return []
  }

  override noHandler() {
    return []
  }
}

describe('an overriding handler', () => {
  beforeEach(() => logs.clear())

  it('that lost the policies of what it overrides is a warning at boot', async () => {
    await startModule({ imports: [setup()], controllers: [OverridingController] })
    const warnings = logs.lines.filter(({ level }) => level === 'warn').map(({ text }) => text)

    expect(warnings.filter((text) => text.includes('overrides'))).toEqual([
      expect.stringContaining('OverridingController.bare overrides AdminController.bare'),
    ])
  })
})
