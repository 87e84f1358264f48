import { Controller, Get, Injectable, Scope, UseGuards } from '@nestjs/common'
import { GUARDS_METADATA } from '@nestjs/common/constants.js'
import { APP_GUARD } from '@nestjs/core'
import { beforeEach, describe, expect, it } from '@jest/globals'
import { Claims, JwtAuthModule, JwtGuard, OptionalAuth, Public, RequireClaims } from '@nest-jwt-auth/core'
import { adapters, startApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'

type Handler = (...args: unknown[]) => unknown

@Controller('bound')
class BoundController {
  constructor() {
    this.list = this.list.bind(this)
  }

  @Get()
  @RequireClaims({ is_admin: true })
  list() {
    return []
  }
}

@Controller({ path: 'bound-per-request', scope: Scope.REQUEST })
class BoundPerRequestController {
  constructor() {
    this.list = this.list.bind(this)
  }

  @Get()
  @RequireClaims({ is_admin: true })
  list() {
    return []
  }
}

class BoundBase {
  constructor() {
    this.list = this.list.bind(this)
  }

  @Get()
  @RequireClaims({ is_admin: true })
  list() {
    return []
  }
}

@Controller('bound-in-base')
class BoundInBaseController extends BoundBase {}

/** The function in the handler's place even has its name. */
@Controller('wrapped')
class WrappedController {
  constructor() {
    const inner: Handler = this.list.bind(this)
    this.list = { list: (...args: unknown[]) => inner(...args) as never[] }.list
  }

  @Get()
  @RequireClaims({ is_admin: true })
  list(): unknown[] {
    return []
  }
}

@Controller('opened')
@Public()
class BoundInPublicController {
  constructor() {
    this.list = this.list.bind(this)
  }

  @Get()
  @Public(false)
  list() {
    return []
  }
}

/** No decorator of ours is on a method here, so nothing is refused; what the guard cannot place is closed to it. */
@Controller('unmarked')
@Public()
class UnmarkedController {
  constructor() {
    this.list = this.list.bind(this)
  }

  @Get()
  list() {
    return []
  }
}

@Controller('unmarked-optional')
@OptionalAuth()
class UnmarkedOptionalController {
  constructor() {
    this.list = this.list.bind(this)
  }

  @Get()
  list() {
    return []
  }
}

@Controller('copied')
class CopiedController {
  constructor() {
    const inner = Reflect.get(this, 'list') as Handler
    const copy = { anything: () => inner.call(this) as unknown[] }.anything
    for (const key of Reflect.getMetadataKeys(inner) as unknown[]) {
      Reflect.defineMetadata(key, Reflect.getMetadata(key, inner), copy)
    }
    this.list = copy
  }

  @Get()
  @RequireClaims({ is_admin: true })
  list(): unknown[] {
    return []
  }
}

/** The copy has what our decorators wrote, and not the guards that they bound. */
@Controller('partly-copied')
class PartlyCopiedController {
  constructor() {
    const inner = Reflect.get(this, 'list') as Handler
    const copy = { list: () => inner.call(this) as unknown[] }.list
    const keys = Reflect.getMetadataKeys(inner) as unknown[]
    for (const key of keys.filter((one) => one !== GUARDS_METADATA)) {
      Reflect.defineMetadata(key, Reflect.getMetadata(key, inner), copy)
    }
    this.list = copy
  }

  @Get()
  @RequireClaims({ is_admin: true })
  list(): unknown[] {
    return []
  }
}

/** Has a handler that nothing replaced beside the one that is bound. */
@Controller('beside')
class BesideController extends BoundBase {
  @Get('fine')
  @RequireClaims({ is_admin: true })
  fine() {
    return []
  }
}

const imports = [JwtAuthModule.forRoot({ secret: SECRET })]
const refusing = [
  BoundController,
  BoundPerRequestController,
  BoundInBaseController,
  WrappedController,
  BoundInPublicController,
  PartlyCopiedController,
]

describe.each(adapters)('a handler that an instance replaced, on $name', (adapter) => {
  beforeEach(() => logs.clear())

  const paths = ['/bound', '/bound-per-request', '/bound-in-base', '/wrapped', '/opened', '/partly-copied']

  it.each(['bound by itself', 'bound to the whole app'])(
    'is refused where the guard is %s',
    async (where) => {
      const app = await startApp(adapter, {
        imports,
        controllers: refusing,
        providers: where === 'bound by itself' ? [] : [{ provide: APP_GUARD, useExisting: JwtGuard }],
      })
      const admin = await app.tokens.issueAccessToken('ada', { claims: { is_admin: true } })

      for (const path of paths) {
        expect({ path, status: (await app.get(path)).status }).toEqual({ path, status: 500 })
        expect({ path, status: (await app.get(path, admin)).status }).toEqual({ path, status: 500 })
      }
      expect(logs.text('error')).toContain('replaced a handler')
    },
  )

  it('is refused though another handler of its class was called before', async () => {
    const app = await startApp(adapter, { imports, controllers: [BesideController] })
    const admin = await app.tokens.issueAccessToken('ada', { claims: { is_admin: true } })

    expect((await app.get('/beside/fine', admin)).status).toBe(200)
    expect((await app.get('/beside')).status).toBe(500)
    expect((await app.get('/beside', admin)).status).toBe(500)
    logs.clear()
  })

  it.each(['/unmarked', '/unmarked-optional'])(
    'is closed if no decorator of this library could see it: %s',
    async (path) => {
      const app = await startApp(adapter, {
        imports,
        controllers: [UnmarkedController, UnmarkedOptionalController],
        providers: [{ provide: APP_GUARD, useExisting: JwtGuard }],
      })

      expect((await app.get(path)).status).toBe(401)
      expect((await app.get(path, await app.tokens.issueAccessToken('ida'))).status).toBe(200)
    },
  )

  it('is unchanged if all its metadata was copied', async () => {
    const app = await startApp(adapter, { imports, controllers: [CopiedController] })
    const admin = await app.tokens.issueAccessToken('ada', { claims: { is_admin: true } })

    expect((await app.get('/copied')).status).toBe(401)
    expect((await app.get('/copied', await app.tokens.issueAccessToken('ida'))).status).toBe(403)
    expect((await app.get('/copied', admin)).status).toBe(200)
  })
})

describe('decorators of this library', () => {
  it.each<[string, object, PropertyDescriptor | undefined]>([
    ['a property', BoundBase.prototype, undefined],
    ['a getter', BoundBase.prototype, { get: () => [] }],
    ['a static property', BoundBase, undefined],
    ['a static method', BoundBase, { value: () => [] }],
  ])('cannot be written on %s', (_, target, descriptor) => {
    const decorate = () => RequireClaims({ is_admin: true })(target, 'list', descriptor as PropertyDescriptor)

    expect(decorate).toThrow(expect.objectContaining({ code: 'decorator_invalid' }))
  })
})

@Injectable()
@Controller('polluted')
@UseGuards(JwtGuard)
class PollutedController {
  @Get()
  read(@Claims('sub') sub: string | undefined) {
    return { sub }
  }

  @Get('policy')
  @RequireClaims({ is_admin: true })
  policy() {
    return {}
  }
}

describe.each(adapters)('a polluted Object.prototype on $name', (adapter) => {
  const polluted = Object.prototype as Record<string, unknown>

  it.each([
    { name: 'public', value: true },
    { name: 'optional', value: true },
    { name: 'access', value: 'public' },
    { name: 'policies', value: [] },
    { name: 'locations', value: [() => undefined] },
    { name: 'refresh', value: true },
  ])('opens nothing by "$name"', async ({ name, value }) => {
    const app = await startApp(adapter, { imports, controllers: [PollutedController] })
    const ida = await app.tokens.issueAccessToken('ida')
    Object.defineProperty(polluted, name, { value, configurable: true, writable: true })
    try {
      expect((await app.get('/polluted')).status).toBe(401)
      expect((await app.get('/polluted', ida)).status).toBe(200)
      expect((await app.get('/polluted/policy', ida)).status).toBe(403)
    } finally {
      delete polluted[name]
    }
  })
})
