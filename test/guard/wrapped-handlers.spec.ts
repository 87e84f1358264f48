import { Controller, Get, UseGuards } from '@nestjs/common'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, JwtGuard, OptionalAuth, Public, RequireClaims } from '@nest-jwt-auth/core'
import { adapters, startApp, startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

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
  it.each([WrappedAbove, WrappedInPublic, WrappedOptional])(
    'above ours is a boot error that names %p',
    async (controller) => {
      const starting = startModule({ imports: [setup()], controllers: [controller] })

      await expect(starting).rejects.toMatchObject({
        problems: [{ path: `${controller.name}.list`, problem: expect.stringContaining('replaced') }],
      })
    },
  )

  it.each(adapters)('below ours changes nothing, on $name', async (adapter) => {
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
