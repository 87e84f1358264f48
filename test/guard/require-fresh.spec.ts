import { Controller, Get } from '@nestjs/common'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { JwtAuthModule, OptionalAuth, RequireFresh } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { breakSignature, reforge, SECRET } from '../support/forge.js'
import { challengeOf, refused } from '../support/refusals.js'

const start = Date.parse('2030-01-01T00:00:00Z')
const now = start / 1000
const clock = new FakeClock(start)
const stale = refused(401, 'insufficient_user_authentication')

@Controller('password')
@RequireFresh('10m')
class PasswordController {
  @Get()
  change() {
    return { changed: true }
  }

  @Get('account')
  @RequireFresh(60)
  close() {
    return { closed: true }
  }

  @Get('optional')
  @OptionalAuth()
  optional() {
    return { changed: true }
  }
}

describe.each(adapters)('@RequireFresh() on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    app = await startApp(
      adapter,
      {
        imports: [JwtAuthModule.forRoot({ secret: SECRET, realm: 'shop', clockTolerance: '5m' })],
        controllers: [PasswordController],
      },
      { clock },
    )
  })

  beforeEach(() => clock.set(start))

  const tokenOf = (authTime: number | undefined) => app.tokens.issueAccessToken('ida', { authTime })

  it('accepts a new login, until its time is over', async () => {
    const { access_token } = await app.tokens.issue('ida')

    expect(await app.get('/password', access_token)).toMatchObject({ status: 200 })
    clock.advance(599)
    expect(await app.get('/password', access_token)).toMatchObject({ status: 200 })
    clock.advance(1)
    expect(await app.get('/password', access_token)).toMatchObject(stale)
  })

  it('has no tolerance for clocks that differ', async () => {
    expect(await app.get('/password', await tokenOf(now - 599))).toMatchObject({ status: 200 })
    expect(await app.get('/password', await tokenOf(now - 600))).toMatchObject(stale)
  })

  it('treats a token without auth_time as stale', async () => {
    expect(await app.get('/password', await tokenOf(undefined))).toMatchObject(stale)
  })

  it('treats an auth_time of 0 as an old login, not as a missing one', async () => {
    expect(await app.get('/password', await tokenOf(0))).toMatchObject(stale)
  })

  it('challenges as RFC 9470 says', async () => {
    expect(challengeOf(await app.get('/password', await tokenOf(now - 3600)))).toEqual({
      scheme: 'Bearer',
      parameters: {
        realm: 'shop',
        error: 'insufficient_user_authentication',
        error_description: expect.any(String),
        max_age: '600',
      },
    })
  })

  it('adds up with others: the shortest time applies', async () => {
    const answer = await app.get('/password/account', await tokenOf(now - 60))

    expect(answer).toMatchObject(stale)
    expect(challengeOf(answer)?.parameters['max_age']).toBe('60')
    expect(await app.get('/password/account', await tokenOf(now - 59))).toMatchObject({ status: 200 })
  })

  it('requires a token, even on an optional route', async () => {
    expect(await app.get('/password')).toMatchObject(refused(401, 'token_missing'))
    expect(await app.get('/password/optional')).toMatchObject(refused(401, 'token_missing'))
    expect(await app.get('/password/optional', await tokenOf(undefined))).toMatchObject(stale)
  })

  it('is checked after the token itself: its type, signature and dates are refused first', async () => {
    const { access_token, refresh_token = '' } = await app.tokens.issue('ida')
    const old = reforge(access_token, { claims: { auth_time: 1 } })
    const expired = reforge(old, { claims: { iat: now - 900, exp: now - 301 } })

    expect(await app.get('/password', refresh_token)).toMatchObject(refused(401, 'token_wrong_type'))
    expect(await app.get('/password', breakSignature(old))).toMatchObject(
      refused(401, 'token_signature_invalid'),
    )
    expect(await app.get('/password', expired)).toMatchObject(refused(401, 'token_expired'))
    expect(await app.get('/password', old)).toMatchObject(stale)
  })
})

describe('@RequireFresh() with no time in it', () => {
  it.each([0, -1, '600', 'soon', Infinity, NaN])('throws at decoration: %p', (maxAge) => {
    expect(() => RequireFresh(maxAge)).toThrow('RequireFresh')
  })
})
