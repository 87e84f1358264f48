import { Controller, Get, UseGuards } from '@nestjs/common'
import { RouterExecutionContext } from '@nestjs/core/router/router-execution-context.js'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  CurrentIdentity,
  JwtAuthModule,
  JwtGuard,
  OptionalAuth,
  Public,
  RequireClaims,
} from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

type Handler = (...args: unknown[]) => unknown
interface Routes {
  create: (this: unknown, instance: object, callback: Handler, ...rest: unknown[]) => unknown
}

/** What `@opentelemetry/instrumentation-nestjs-core` 0.70 does to each handler of a controller. */
function traced(handler: Handler): Handler {
  const wrapper = function (this: unknown, ...args: unknown[]) {
    return handler.apply(this, args)
  }
  if (handler.name) Object.defineProperty(wrapper, 'name', { value: handler.name })
  for (const key of Reflect.getMetadataKeys(handler) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, handler), wrapper)
  }
  return wrapper
}

/** A decorator such as those of caches: its function has no name. */
const Cached =
  () =>
  (_target: object, _name: string, descriptor: PropertyDescriptor): void => {
    const inner = descriptor.value as Handler
    descriptor.value = Object.defineProperty(
      function (this: unknown, ...args: unknown[]) {
        return inner.apply(this, args)
      },
      'name',
      { value: '' },
    )
  }

class BaseController {
  @Get('open')
  @Public()
  open() {
    return {}
  }

  @Get('optional')
  @OptionalAuth()
  optional() {
    return {}
  }
}

@Controller('base')
class PlainController extends BaseController {}

@Controller('policy')
@RequireClaims({ is_admin: true })
class PolicyController extends BaseController {}

@Controller('closed')
@Public(false)
class ClosedController extends BaseController {}

@Controller('mixed')
@UseGuards(JwtGuard)
class MixedController {
  @Get('admins')
  @RequireClaims({ is_admin: true })
  admins() {
    return {}
  }

  @Get('cached')
  @Cached()
  cached() {
    return {}
  }

  @Get('cached-admins')
  @RequireClaims({ is_admin: true })
  @Cached()
  cachedAdmins(@CurrentIdentity() identity: unknown) {
    return { identity }
  }
}

describe.each(adapters)('handlers that a tracing library wraps, on $name', (adapter) => {
  const routes = RouterExecutionContext.prototype as unknown as Routes
  const { create } = routes
  let app: RunningApp
  let user: string
  let admin: string

  beforeAll(async () => {
    routes.create = function (instance, callback, ...rest) {
      return create.call(this, instance, traced(callback), ...rest)
    }
    app = await startApp(adapter, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      controllers: [PlainController, PolicyController, ClosedController, MixedController],
    })
    user = await app.tokens.issueAccessToken('ida')
    admin = await app.tokens.issueAccessToken('ada', { claims: { is_admin: true } })
  })

  afterAll(() => {
    routes.create = create
  })

  it.each([
    { path: '/base/open', statuses: [200, 200, 200] },
    { path: '/policy/open', statuses: [401, 403, 200] },
    { path: '/policy/optional', statuses: [401, 403, 200] },
    { path: '/closed/open', statuses: [401, 200, 200] },
    { path: '/mixed/admins', statuses: [401, 403, 200] },
    { path: '/mixed/cached', statuses: [401, 200, 200] },
    { path: '/mixed/cached-admins', statuses: [401, 403, 200] },
  ])('are as closed as they were written: $path', async ({ path, statuses }) => {
    const answers = [await app.get(path), await app.get(path, user), await app.get(path, admin)]

    expect(answers.map(({ status }) => status)).toEqual(statuses)
  })
})
