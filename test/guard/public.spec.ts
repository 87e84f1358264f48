import { Controller, Get, UseGuards } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { beforeAll, describe, expect, it } from '@jest/globals'
import {
  Claims,
  JwtAuthModule,
  JwtGuard,
  OptionalAuth,
  Public,
  RequireClaims,
  type JwtClaims,
} from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { breakSignature, SECRET } from '../support/forge.js'
import { refused } from '../support/refusals.js'

const seen = (claims: JwtClaims | undefined) => ({ sub: claims?.sub ?? 'nobody' })

@Controller('guarded')
@UseGuards(JwtGuard)
class GuardedController {
  @Get('open')
  @Public()
  open(@Claims() claims: JwtClaims | undefined) {
    return seen(claims)
  }

  @Get('closed')
  closed(@Claims() claims: JwtClaims) {
    return seen(claims)
  }
}

@Controller('open')
@Public()
@UseGuards(JwtGuard)
class OpenController {
  @Get()
  read(@Claims() claims: JwtClaims | undefined) {
    return seen(claims)
  }

  @Get('policy')
  @RequireClaims({ role: 'editor' })
  policy(@Claims() claims: JwtClaims) {
    return seen(claims)
  }

  @Get('optional')
  @OptionalAuth()
  optional(@Claims() claims: JwtClaims | undefined) {
    return seen(claims)
  }

  @Get('closed')
  @Public(false)
  closed(@Claims() claims: JwtClaims) {
    return seen(claims)
  }
}

@Controller('heir')
class HeirController extends OpenController {}

@Public()
class OpenBase {
  @Get()
  read() {
    return { read: true }
  }

  @Get('redefined')
  @Public()
  redefined() {
    return { read: true }
  }
}

@Controller('based')
@UseGuards(JwtGuard)
class BasedController extends OpenBase {
  @Get('redefined')
  override redefined() {
    return { read: true }
  }
}

@Controller('plain')
class PlainController {
  @Get()
  read() {
    return { read: true }
  }
}

describe.each(adapters)('@Public() on $name', (adapter) => {
  let app: RunningApp
  let editor: string
  let member: string

  beforeAll(async () => {
    app = await startApp(adapter, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      controllers: [GuardedController, OpenController, HeirController, BasedController, PlainController],
      providers: [{ provide: APP_GUARD, useExisting: JwtGuard }],
    })
    editor = await app.tokens.issueAccessToken('eve', { claims: { role: 'editor' } })
    member = await app.tokens.issueAccessToken('mel')
  })

  it.each(['/guarded/open', '/open'])('opens %s to everybody', async (path) => {
    expect(await app.get(path)).toMatchObject({ status: 200, body: { sub: 'nobody' } })
  })

  it.each(['/guarded/open', '/open'])('reads no token at %s, good or bad', async (path) => {
    const open = { status: 200, body: { sub: 'nobody' } }

    expect(await app.get(path, member)).toMatchObject(open)
    expect(await app.get(path, breakSignature(member))).toMatchObject(open)
    expect(await app.send({ path, headers: [['Authorization', 'Bearer']] })).toMatchObject(open)
  })

  it('does not open other handlers of the class', async () => {
    expect(await app.get('/guarded/closed')).toMatchObject(refused(401, 'token_missing'))
    expect(await app.get('/guarded/closed', member)).toMatchObject({ status: 200, body: { sub: 'mel' } })
  })

  it('leaves every other route to the guard of the app', async () => {
    expect(await app.get('/plain')).toMatchObject(refused(401, 'token_missing'))
    expect(await app.get('/plain', member)).toMatchObject({ status: 200 })
  })

  it('is not inherited by a class', async () => {
    expect(await app.get('/heir')).toMatchObject(refused(401, 'token_missing'))
    expect(await app.get('/based')).toMatchObject(refused(401, 'token_missing'))
  })

  it('is not inherited by an overriding handler', async () => {
    expect(await app.get('/based/redefined')).toMatchObject(refused(401, 'token_missing'))
  })

  it('loses to a policy on a handler', async () => {
    expect(await app.get('/open/policy')).toMatchObject(refused(401, 'token_missing'))
    expect(await app.get('/open/policy', member)).toMatchObject(refused(403, 'insufficient_claims'))
    expect(await app.get('/open/policy', editor)).toMatchObject({ status: 200, body: { sub: 'eve' } })
  })

  it('loses to @OptionalAuth() on a handler', async () => {
    const bad = breakSignature(member)

    expect(await app.get('/open/optional')).toMatchObject({ status: 200, body: { sub: 'nobody' } })
    expect(await app.get('/open/optional', member)).toMatchObject({ status: 200, body: { sub: 'mel' } })
    expect(await app.get('/open/optional', bad)).toMatchObject(refused(401, 'token_signature_invalid'))
  })

  it('closes a handler with @Public(false)', async () => {
    expect(await app.get('/open/closed')).toMatchObject(refused(401, 'token_missing'))
    expect(await app.get('/open/closed', member)).toMatchObject({ status: 200, body: { sub: 'mel' } })
  })
})
