import { Controller, Get, UseGuards } from '@nestjs/common'
import { beforeAll, describe, expect, it } from '@jest/globals'
import {
  Claims,
  CurrentIdentity,
  CurrentToken,
  JwtAuthModule,
  JwtGuard,
  OptionalAuth,
  RequireClaims,
  type JwtClaims,
} from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { breakSignature, SECRET } from '../support/forge.js'
import { refused } from '../support/refusals.js'

@Controller('optional')
@UseGuards(JwtGuard)
class OptionalController {
  @Get()
  @OptionalAuth()
  read(
    @Claims() claims: JwtClaims | undefined,
    @Claims('sub') sub: string | undefined,
    @CurrentIdentity() identity: unknown,
    @CurrentToken() token: string | undefined,
  ) {
    return { known: [claims, sub, identity, token].map((value) => value !== undefined) }
  }

  @Get('policy')
  @OptionalAuth()
  @RequireClaims({ role: 'editor' })
  policy() {
    return { read: true }
  }

  @Get('policy-first')
  @RequireClaims({ role: 'editor' })
  @OptionalAuth()
  policyFirst() {
    return { read: true }
  }
}

@Controller('class')
@OptionalAuth()
@UseGuards(JwtGuard)
class OptionalClassController {
  @Get()
  read(@Claims('sub') sub: string | undefined) {
    return { sub: sub ?? 'nobody' }
  }

  @Get('policy')
  @RequireClaims({ role: 'editor' })
  policy() {
    return { read: true }
  }
}

const nobody = { status: 200, body: { known: [false, false, false, false] } }

describe.each(adapters)('@OptionalAuth() on $name', (adapter) => {
  const clock = new FakeClock(new Date('2030-01-01T00:00:00Z'))
  let app: RunningApp

  beforeAll(async () => {
    app = await startApp(
      adapter,
      {
        imports: [JwtAuthModule.forRoot({ secret: SECRET })],
        controllers: [OptionalController, OptionalClassController],
      },
      { clock },
    )
  })

  const withAuthorization = (value: string) =>
    app.send({ path: '/optional', headers: [['Authorization', value]] })

  it('takes absence for an anonymous caller', async () => {
    expect(await app.get('/optional')).toMatchObject(nobody)
    expect(await app.get('/class')).toMatchObject({ status: 200, body: { sub: 'nobody' } })
  })

  it('takes another scheme for absence', async () => {
    expect(await withAuthorization('Basic dXNlcjpwYXNz')).toMatchObject(nobody)
  })

  it('knows the caller by a good token', async () => {
    const token = await app.tokens.issueAccessToken('ida')

    expect(await app.get('/optional', token)).toMatchObject({ body: { known: [true, true, true, true] } })
    expect(await app.get('/class', token)).toMatchObject({ status: 200, body: { sub: 'ida' } })
  })

  it('refuses a bad token', async () => {
    const bad = breakSignature(await app.tokens.issueAccessToken('ida'))

    expect(await app.get('/optional', bad)).toMatchObject(refused(401, 'token_signature_invalid'))
    expect(await app.get('/class', bad)).toMatchObject(refused(401, 'token_signature_invalid'))
  })

  it('refuses an expired token', async () => {
    const token = await app.tokens.issueAccessToken('ida')
    clock.advance('15m')

    expect(await app.get('/optional', token)).toMatchObject(refused(401, 'token_expired'))
  })

  it.each(['Bearer', 'Bearer one, Bearer two', 'bearer not-a-token'])('refuses "%s"', async (value) => {
    expect(await withAuthorization(value)).toMatchObject(refused(401, 'token_malformed'))
  })

  it.each(['/optional/policy', '/optional/policy-first', '/class/policy'])(
    'demands a token where a policy stands beside it: %s',
    async (path) => {
      const member = await app.tokens.issueAccessToken('ida')
      const editor = await app.tokens.issueAccessToken('eve', { claims: { role: 'editor' } })

      expect(await app.get(path)).toMatchObject(refused(401, 'token_missing'))
      expect(await app.get(path, member)).toMatchObject(refused(403, 'insufficient_claims'))
      expect(await app.get(path, editor)).toMatchObject({ status: 200 })
    },
  )
})
