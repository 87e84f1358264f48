import { Controller, Get, Inject, Injectable, UseGuards } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import {
  CurrentIdentity,
  IdentityLoader,
  JwtAuthContext,
  JwtAuthModule,
  JwtGuard,
  RequireClaims,
  type JwtClaims,
} from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

const counts = { located: 0, loaded: 0, onClass: 0, onHandler: 0 }

@Injectable()
class CountingIdentities implements IdentityLoader<{ name: string }> {
  async loadIdentity(claims: JwtClaims) {
    counts.loaded += 1
    await Promise.resolve()
    return { name: claims.sub }
  }
}

const onClass = () => {
  counts.onClass += 1
  return true
}

const onHandler = () => {
  counts.onHandler += 1
  return true
}

@Controller('bound')
@UseGuards(JwtGuard)
@RequireClaims({ sub: onClass })
class BoundController {
  constructor(@Inject(JwtAuthContext) private readonly context: JwtAuthContext) {}

  @Get('identity')
  @UseGuards(JwtGuard)
  @RequireClaims({ sub: onHandler })
  async identity(@CurrentIdentity() identity: { name: string }, @CurrentIdentity('name') name: string) {
    const again = (await Promise.resolve(this.context.identity())) as { name: string }
    return { names: [identity.name, name, again.name] }
  }

  @Get('claims')
  @UseGuards(JwtGuard)
  @RequireClaims({ sub: onHandler })
  claims() {
    return { read: true }
  }
}

describe.each(adapters)('one request through three guards on $name', (adapter) => {
  let app: RunningApp
  let token: string

  beforeAll(async () => {
    app = await startApp(adapter, {
      imports: [
        JwtAuthModule.forRoot({
          secret: SECRET,
          requestContext: true,
          identityLoader: CountingIdentities,
          locations: [
            (context) => {
              counts.located += 1
              const request = context.switchToHttp().getRequest<{ headers: Record<string, string> }>()
              return request.headers['x-token']
            },
          ],
        }),
      ],
      controllers: [BoundController],
      providers: [CountingIdentities, { provide: APP_GUARD, useExisting: JwtGuard }],
    })
    token = await app.tokens.issueAccessToken('ida')
  })

  beforeEach(() => {
    Object.assign(counts, { located: 0, loaded: 0, onClass: 0, onHandler: 0 })
  })

  const get = (path: string) => app.send({ path, headers: [['X-Token', token]] })

  it('locates once, loads the identity once and asks every policy once', async () => {
    expect(await get('/bound/identity')).toMatchObject({
      status: 200,
      body: { names: ['ida', 'ida', 'ida'] },
    })
    expect(counts).toEqual({ located: 1, loaded: 1, onClass: 1, onHandler: 1 })
  })

  it('does so again for the next request', async () => {
    await get('/bound/identity')
    await get('/bound/identity')

    expect(counts).toEqual({ located: 2, loaded: 2, onClass: 2, onHandler: 2 })
  })

  it('does not load an identity that no handler uses', async () => {
    expect(await get('/bound/claims')).toMatchObject({ status: 200 })
    expect(counts).toEqual({ located: 1, loaded: 0, onClass: 1, onHandler: 1 })
  })
})
