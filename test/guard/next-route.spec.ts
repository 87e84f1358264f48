import { Controller, Get, Next, Res, type Type, UseGuards } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { beforeAll, describe, expect, it } from '@jest/globals'
import {
  Claims,
  JwtAuthModule,
  JwtGuard,
  OptionalAuth,
  Public,
  RequireClaims,
  TokenLocations,
  UseRefreshToken,
} from '@nest-jwt-auth/core'
import { startApp, type RunningApp } from '../support/adapters.js'
import { breakSignature, SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { refused } from '../support/refusals.js'

type NextRoute = (to: 'route') => void

/** Handlers that pass each request on to the next route with the same path. */
@Controller('passed-on')
class FirstController {
  @Get('from-public')
  @Public()
  fromPublic(@Next() next: NextRoute) {
    next('route')
  }

  @Get('from-optional')
  @OptionalAuth()
  fromOptional(@Next() next: NextRoute) {
    next('route')
  }

  @Get(['to-policy', 'to-refresh', 'to-cookie', 'to-public'])
  fromRequired(@Next() next: NextRoute) {
    next('route')
  }

  @Get('from-refresh')
  @UseRefreshToken()
  fromRefresh(@Next() next: NextRoute) {
    next('route')
  }
}

@Controller('passed-on')
class SecondController {
  @Get(['from-public', 'from-optional', 'from-refresh'])
  required(@Claims('sub') sub: string) {
    return { sub }
  }

  @Get('to-policy')
  @RequireClaims({ role: 'editor' })
  policy(@Claims('sub') sub: string) {
    return { sub }
  }

  @Get('to-refresh')
  @UseRefreshToken()
  refresh(@Claims('sub') sub: string) {
    return { sub }
  }

  @Get('to-cookie')
  @TokenLocations('cookie')
  cookie(@Claims('sub') sub: string) {
    return { sub }
  }

  @Get('to-public')
  @Public()
  open(@Claims('sub') sub: string | undefined) {
    return { sub: sub ?? 'nobody' }
  }
}

/** One handler of several controllers, which the first of them pass on. */
class SharedController {
  isLast = false

  @Get('shared')
  shared(@Claims('sub') sub: string, @Next() next: NextRoute, @Res() response: { json(body: object): void }) {
    if (this.isLast) response.json({ sub })
    else next('route')
  }
}

@Controller('passed-on')
@UseGuards(JwtGuard)
class FirstSharedController extends SharedController {}

@Controller('passed-on')
@RequireClaims({ role: 'editor' })
class StricterSharedController extends SharedController {
  override isLast = true
}

@Controller('passed-on')
class UnguardedSharedController extends SharedController {
  override isLast = true
}

const express = { name: 'express', create: () => new ExpressAdapter() }

describe("a route that is reached by next('route') on express, with the handler of the first one", () => {
  const start = (last: Type) =>
    startApp(express, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      controllers: [FirstSharedController, last],
    })

  it('checks the policy of its own class', async () => {
    const app = await start(StricterSharedController)
    const editor = await app.tokens.issueAccessToken('eve', { claims: { role: 'editor' } })

    expect(await app.get('/passed-on/shared', await app.tokens.issueAccessToken('mel'))).toMatchObject(
      refused(403, 'insufficient_claims'),
    )
    expect(await app.get('/passed-on/shared', editor)).toMatchObject({ status: 200, body: { sub: 'eve' } })
  })

  it('knows nobody if no guard ran for its own class', async () => {
    const app = await start(UnguardedSharedController)
    logs.clear()

    expect(await app.get('/passed-on/shared', await app.tokens.issueAccessToken('mel'))).toMatchObject({
      status: 500,
    })
    expect(logs.text('error')).toContain('@Claims() on UnguardedSharedController.shared')
  })
})

describe("a route that is reached by next('route') on express", () => {
  let app: RunningApp
  let member: string

  beforeAll(async () => {
    app = await startApp(express, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      controllers: [FirstController, SecondController],
      providers: [{ provide: APP_GUARD, useExisting: JwtGuard }],
    })
    member = await app.tokens.issueAccessToken('mel')
  })

  it.each(['from-public', 'from-optional'])(
    'needs the token that the first one did not: %s',
    async (path) => {
      expect(await app.get(`/passed-on/${path}`)).toMatchObject(refused(401, 'token_missing'))
      expect(await app.get(`/passed-on/${path}`, breakSignature(member))).toMatchObject(
        refused(401, 'token_signature_invalid'),
      )
      expect(await app.get(`/passed-on/${path}`, member)).toMatchObject({ status: 200, body: { sub: 'mel' } })
    },
  )

  it('checks its own policy', async () => {
    const editor = await app.tokens.issueAccessToken('eve', { claims: { role: 'editor' } })

    expect(await app.get('/passed-on/to-policy', member)).toMatchObject(refused(403, 'insufficient_claims'))
    expect(await app.get('/passed-on/to-policy', editor)).toMatchObject({ status: 200, body: { sub: 'eve' } })
  })

  it('takes only its own kind of token', async () => {
    const { access_token: access, refresh_token: refresh } = await app.tokens.issue('ada')

    expect(await app.get('/passed-on/to-refresh', access)).toMatchObject(refused(401, 'token_wrong_type'))
    expect(await app.get('/passed-on/from-refresh', refresh)).toMatchObject(refused(401, 'token_wrong_type'))
  })

  it('takes the token only from its own locations', async () => {
    expect(await app.get('/passed-on/to-cookie', member)).toMatchObject(refused(401, 'token_missing'))
  })

  it('knows nobody if it is public', async () => {
    expect(await app.get('/passed-on/to-public', member)).toMatchObject({
      status: 200,
      body: { sub: 'nobody' },
    })
  })
})
