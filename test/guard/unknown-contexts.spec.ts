import { Controller, Get, Injectable, SetMetadata, UseGuards } from '@nestjs/common'
import { APP_GUARD, ExternalContextCreator } from '@nestjs/core'
import { beforeAll, describe, expect, it } from '@jest/globals'
import {
  Claims,
  CurrentIdentity,
  CurrentToken,
  JwtAuthModule,
  JwtGuard,
  OptionalAuth,
  Public,
  RequireClaims,
} from '@nest-jwt-auth/core'
import { adapters, startApp, startModule, type RunningApp, type StartOptions } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

const ARGUMENTS = '__routeArguments__'
const Message = () => SetMetadata('a message handler', true)

/** What a queue, a scheduler or a gateway calls. */
@Injectable()
class Consumer {
  @Message()
  @Public()
  open(message: unknown) {
    return { handled: message }
  }

  @Message()
  @Public()
  asking(@Claims() claims: unknown, @CurrentIdentity() identity: unknown, @CurrentToken() token: unknown) {
    return { claims, identity, token }
  }

  @Message()
  plain() {
    return {}
  }

  @Message()
  @RequireClaims({ is_admin: true })
  admins() {
    return {}
  }

  @Message()
  @OptionalAuth()
  optional() {
    return {}
  }

  @Message()
  @OptionalAuth()
  askingOptional(@Claims() claims: unknown) {
    return { claims }
  }
}

@Injectable()
@Public()
class PublicConsumer {
  @Message()
  open(message: unknown) {
    return { handled: message }
  }

  @Message()
  @UseGuards(JwtGuard)
  closed() {
    return {}
  }
}

@Controller('open')
class OpenController {
  @Get()
  @Public()
  open() {
    return {}
  }
}

const metadata = {
  imports: [JwtAuthModule.forRoot({ secret: SECRET })],
  controllers: [OpenController],
  providers: [Consumer, PublicConsumer, { provide: APP_GUARD, useExisting: JwtGuard }],
}

/** Nest's own, or one that no version of Nest and of this library knows; the last is what Nest takes for granted. */
const types = ['rmq', 'telegraf', 'ws', 'rpc', 'graphql', 'http']
/** What handlers are called with when it is no HTTP request. */
const messages = ['m1', 7, undefined, null, Object.freeze({ body: 'm1' }), []]

type Call = (target: object, name: string, message: unknown) => Promise<unknown>

async function startCalling(type: string, options: StartOptions = {}): Promise<Call> {
  const module = await startModule(metadata, options)
  const creator = module.get(ExternalContextCreator)
  const paramsFactory = {
    exchangeKeyForValue: () => undefined,
  }
  return async (target, name, message) => {
    const instance: object = module.get(target.constructor)
    const callback = Reflect.get(instance, name) as (...args: unknown[]) => unknown
    const isAsking = name.startsWith('asking')
    const run = creator.create(
      instance,
      callback,
      name,
      isAsking ? ARGUMENTS : undefined,
      isAsking ? paramsFactory : undefined,
      undefined,
      undefined,
      undefined,
      type,
    )
    return run(message) as Promise<unknown>
  }
}

describe.each(types)('a handler that is called in a context of the type "%s"', (type) => {
  let call: Call

  beforeAll(async () => {
    call = await startCalling(type)
  })

  it.each(messages)('is called where it is public, with %p', async (message) => {
    expect(await call(Consumer.prototype, 'open', message)).toEqual({ handled: message })
    expect(await call(PublicConsumer.prototype, 'open', message)).toEqual({ handled: message })
  })

  it('knows no caller where it is public', async () => {
    expect(await call(Consumer.prototype, 'asking', 'm1')).toEqual({})
  })

  it.each([
    { target: Consumer, name: 'plain' },
    { target: Consumer, name: 'admins' },
    { target: Consumer, name: 'optional' },
    { target: PublicConsumer, name: 'closed' },
  ])('is refused where it is not: $target.name.$name', async ({ target, name }) => {
    for (const message of messages) {
      await expect(call(target.prototype, name, message)).rejects.toMatchObject({
        code: 'transport_unsupported',
        message: expect.stringMatching(new RegExp(`${target.name}\\.${name}.*"${type}".*@Public\\(\\)`)),
      })
    }
  })
})

describe.each(types)(
  'parameters in a context of the type "%s", where another guard replaces ours',
  (type) => {
    it('know no caller where the handler is public, and name the handler where it is optional', async () => {
      const letIn = { canActivate: () => true }
      const call = await startCalling(type, {
        override: (builder) => builder.overrideProvider(JwtGuard).useValue(letIn),
      })

      expect(await call(Consumer.prototype, 'asking', 'm1')).toEqual({})
      await expect(call(Consumer.prototype, 'askingOptional', 'm1')).rejects.toMatchObject({
        code: 'guard_missing',
        message: expect.stringContaining('@Claims() on Consumer.askingOptional'),
      })
    })
  },
)

describe.each(adapters)('a public handler on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    app = await startApp(adapter, metadata)
  })

  it('is called', async () => {
    expect((await app.get('/open')).status).toBe(200)
  })
})
