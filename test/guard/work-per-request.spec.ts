import { Controller, Get, UseGuards } from '@nestjs/common'
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import {
  ClaimsLoader,
  CurrentIdentity,
  IdentityLoader,
  InMemorySessionStore,
  JwtAuthModule,
  JwtGuard,
  RequireClaims,
  type StandardSchema,
} from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

/** What of the app was called, in order. */
const calls: string[] = []

class Loaders implements IdentityLoader<unknown>, ClaimsLoader<unknown> {
  loadIdentity() {
    calls.push('identity loader')
    return { name: 'Ida' }
  }

  loadClaims() {
    calls.push('claims loader')
    return { plan: 'pro' }
  }
}

const schema: StandardSchema = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => {
      calls.push('schema')
      return { value, issues: undefined }
    },
  },
}

/** A store whose every call is noted. */
const store = new Proxy(new InMemorySessionStore(), {
  get(target, name) {
    const member: unknown = Reflect.get(target, name)
    if (typeof member !== 'function' || name === 'constructor') return member
    return (...args: unknown[]): unknown => {
      calls.push(`store.${String(name)}`)
      return Reflect.apply(member, target, args)
    }
  },
})

class BaseController {
  @Get('inherited')
  inherited() {
    return { read: true }
  }
}

@Controller('guarded')
@UseGuards(JwtGuard)
class GuardedController extends BaseController {
  @Get('plain')
  plain() {
    return { read: true }
  }

  @Get('demanding')
  @RequireClaims({ plan: 'pro' })
  demanding(@CurrentIdentity('name') name: string) {
    return { name }
  }
}

describe.each(adapters)('what a request costs on $name', (adapter) => {
  const start = (options: object) =>
    startApp(adapter, {
      imports: [
        JwtAuthModule.forRoot({
          secret: SECRET,
          claimsSchema: schema,
          identityLoader: Loaders,
          claimsLoader: Loaders,
          ...options,
        }),
      ],
      controllers: [GuardedController],
      providers: [Loaders],
    })

  async function get(app: RunningApp, path: string, token: string, times = 1): Promise<void> {
    for (let turn = 0; turn < times; turn++) expect((await app.get(path, token)).status).toBe(200)
  }

  describe('of metadata', () => {
    const READS = ['getMetadata', 'getOwnMetadata', 'hasMetadata', 'hasOwnMetadata'] as const
    let app: RunningApp
    let token: string
    let reads: unknown[][]

    beforeAll(async () => {
      app = await start({})
      token = await app.tokens.issueAccessToken('ida')
    })
    beforeEach(() => {
      reads = []
      for (const name of READS) {
        const read = Reflect[name] as (...args: unknown[]) => boolean
        jest.spyOn(Reflect, name).mockImplementation((...args: unknown[]) => {
          reads.push(args)
          return read(...args)
        })
      }
    })
    afterEach(() => {
      jest.restoreAllMocks()
    })

    const ofHandler = (name: keyof GuardedController) => {
      const handler: unknown = GuardedController.prototype[name]
      return reads.filter(([key, target]) => isOurs(key) && target === handler)
    }

    it.each(['plain', 'demanding', 'inherited'] as const)(
      'the handler %s is read once, for 100 requests',
      async (name) => {
        await get(app, `/guarded/${name}`, token)
        expect(ofHandler(name)).toHaveLength(1)
        reads.length = 0
        await get(app, `/guarded/${name}`, token, 99)
        expect(reads.filter(([key]) => isOurs(key))).toEqual([])
      },
    )

    it('and again in another app of the same process', async () => {
      const other = await start({})
      reads.length = 0
      await get(other, '/guarded/plain', await other.tokens.issueAccessToken('ida'), 10)
      expect(ofHandler('plain')).toHaveLength(1)
    })
  })

  describe('of calls to the app', () => {
    let app: RunningApp
    let token: string

    const callsOf = async (path: string, times = 1) => {
      calls.length = 0
      await get(app, path, token, times)
      return [...calls]
    }

    describe('with refreshToken: false', () => {
      beforeAll(async () => {
        app = await start({ refreshToken: false, sessionStore: { useValue: store } })
        token = await app.tokens.issueAccessToken('ida')
      })

      it('the first request asks the schema, the next 100 nobody', async () => {
        expect(await callsOf('/guarded/plain')).toEqual(['schema'])
        expect(await callsOf('/guarded/plain', 100)).toEqual([])
      })

      it('a route that asks for the identity has it loaded each time, and nothing else', async () => {
        expect(await callsOf('/guarded/demanding', 2)).toEqual(['identity loader', 'identity loader'])
      })
    })

    describe('with sessions', () => {
      beforeAll(async () => {
        app = await start({ sessionStore: { useValue: store } })
        token = (await app.tokens.issue('ida')).accessToken
      })

      it('each request asks the store, once', async () => {
        await callsOf('/guarded/plain')
        expect(await callsOf('/guarded/plain', 3)).toEqual(['store.lookUp', 'store.lookUp', 'store.lookUp'])
      })
    })
  })
})

const isOurs = (key: unknown): boolean =>
  typeof key === 'symbol' && key.description?.startsWith('nest-jwt-auth:') === true
