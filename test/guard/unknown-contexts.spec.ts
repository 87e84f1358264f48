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
import { adapters, startApp, startModule, type RunningApp } from '../support/adapters.js'
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

describe.each(types)('a handler that is called in a context of the type "%s"', (type) => {
  let call: (target: object, name: string, message: unknown) => Promise<unknown>

  beforeAll(async () => {
    const module = await startModule(metadata)
    const creator = module.get(ExternalContextCreator)
    const paramsFactory = {
      exchangeKeyForValue: () => undefined,
    }
    call = async (target, name, message) => {
      const instance: object = module.get(target.constructor)
      const callback = Reflect.get(instance, name) as (...args: unknown[]) => unknown
      const isAsking = name === 'asking'
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

describe.each(adapters)('a public handler on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    app = await startApp(adapter, metadata)
  })

  it('is called', async () => {
    expect((await app.get('/open')).status).toBe(200)
  })
})
