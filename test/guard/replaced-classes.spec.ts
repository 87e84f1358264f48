import { Controller, Get, type Type, UseGuards } from '@nestjs/common'
import { describe, expect, it } from '@jest/globals'
import {
  JwtAuthConfigError,
  JwtAuthModule,
  JwtGuard,
  Public,
  RequireClaims,
  RequireFresh,
  RequireScopes,
  TokenLocations,
} from '@nest-jwt-auth/core'
import { adapters, startApp, startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

type Constructor = Type & { prototype: object }

/** As logging decorators do: a function in the place of the class, with its prototype. */
const ReplaceClass = (() => (original: Constructor) => {
  function replacement(...args: unknown[]): unknown {
    return Reflect.construct(original, args)
  }
  replacement.prototype = original.prototype
  return replacement
}) as unknown as () => ClassDecorator

const ProxyClass = (() => (original: Constructor) =>
  new Proxy(original, {
    construct: (target, args) => Reflect.construct(target, args) as object,
  })) as unknown as () => ClassDecorator

const ExtendClass = (() => (original: Constructor) =>
  class extends original {}) as unknown as () => ClassDecorator

/** Copies all metadata of the handler but the guards. */
const WrapWithoutGuards = () => (_target: object, _name: string, descriptor: PropertyDescriptor) => {
  const inner = descriptor.value as (...args: unknown[]) => unknown
  const wrapper = function wrapper(this: unknown, ...args: unknown[]) {
    return inner.apply(this, args)
  }
  for (const key of Reflect.getOwnMetadataKeys(inner) as unknown[]) {
    if (key !== '__guards__') Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, inner), wrapper)
  }
  descriptor.value = wrapper
}

@Controller()
@RequireClaims({ is_admin: true })
@ReplaceClass()
class PolicyAbove {
  @Get()
  list() {}
}

@Controller()
@ReplaceClass()
@RequireClaims({ is_admin: true })
class PolicyBelow {
  @Get()
  list() {}
}

@Controller()
@ProxyClass()
@Public(false)
class WordBelowProxy {
  @Get()
  list() {}
}

@Controller()
@ReplaceClass()
@UseGuards(JwtGuard)
class GuardBelow {
  @Get()
  list() {}
}

@Controller()
class ClosedWithoutGuard {
  @WrapWithoutGuards()
  @Public(false)
  @Get()
  list() {}
}

@Controller()
class LocationsWithoutGuard {
  @WrapWithoutGuards()
  @TokenLocations('header')
  @Get()
  list() {}
}

async function problemsOf(controller: Type): Promise<readonly string[]> {
  try {
    await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET })], controllers: [controller] })
    return []
  } catch (error) {
    if (!(error instanceof JwtAuthConfigError)) throw error
    return error.problems.map(({ problem }) => problem)
  }
}

describe('a decorator that replaces a class', () => {
  it.each<[string, Type]>([
    ['a policy above it', PolicyAbove],
    ['a policy below it', PolicyBelow],
    ['@Public(false) below a proxy', WordBelowProxy],
    ['a bare guard below it', GuardBelow],
  ])('does not boot with %s', async (_, controller) => {
    expect(await problemsOf(controller)).toEqual([expect.stringContaining('replaced this class')])
  })

  it('is no boot error if the class has no decorator of this library, and keeps those of the methods', async () => {
    @Controller()
    @ReplaceClass()
    class Replaced {
      @Get()
      @RequireClaims({ is_admin: true })
      list() {}
    }

    expect(await problemsOf(Replaced)).toEqual([])
  })
})

describe('a wrapper that keeps the metadata of this library but loses the guard', () => {
  it.each<[string, Type]>([
    ['@Public(false)', ClosedWithoutGuard],
    ['@TokenLocations()', LocationsWithoutGuard],
  ])('does not boot above %s', async (_, controller) => {
    expect(await problemsOf(controller)).toEqual([expect.stringContaining('replaced the function')])
  })
})

describe.each(adapters)('on $name', (adapter) => {
  @Controller('extended')
  @ExtendClass()
  @RequireClaims({ is_admin: true })
  class Extended {
    @Get()
    list() {
      return []
    }
  }

  @Controller('assigned')
  class Assigned {
    constructor() {
      const descriptor = Object.getOwnPropertyDescriptor(Assigned.prototype, 'list') ?? {}
      WrapWithoutGuards()(this, 'list', descriptor)
      Object.defineProperty(this, 'list', descriptor)
    }

    @Get()
    @RequireClaims({ is_admin: true })
    list() {
      return []
    }
  }

  @Controller('policies')
  class Policies {
    @Get('scopes')
    @RequireScopes('admin')
    scopes() {}

    @Get('fresh')
    @RequireFresh('10m')
    fresh() {}
  }

  const start = () =>
    startApp(adapter, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET, refreshToken: false })],
      controllers: [Extended, Assigned, Policies],
    })

  it('a class that extends the one it replaces has its policies', async () => {
    const app = await start()

    expect((await app.get('/extended')).status).toBe(401)
    expect((await app.get('/extended', await app.tokens.issueAccessToken('ida'))).status).toBe(403)
  })

  it('a function that took a handler’s place on an instance, without the guard, is refused', async () => {
    expect((await (await start()).get('/assigned')).status).toBe(500)
  })

  it('claims that Object.prototype has satisfy no policy', async () => {
    const app = await start()
    const token = await app.tokens.issueAccessToken('ida')
    const everyObject = Object.getPrototypeOf({}) as object
    Reflect.defineProperty(everyObject, 'scope', { value: 'admin', configurable: true })
    Reflect.defineProperty(everyObject, 'auth_time', { value: Date.now() / 1000, configurable: true })
    try {
      expect((await app.get('/policies/scopes', token)).status).toBe(403)
      expect((await app.get('/policies/fresh', token)).status).toBe(401)
    } finally {
      Reflect.deleteProperty(everyObject, 'scope')
      Reflect.deleteProperty(everyObject, 'auth_time')
    }
  })
})
