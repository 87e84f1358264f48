import { Controller, Get, UseGuards } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { Claims, JwtAuthModule, JwtGuard, RequireClaims, type TokenLocation } from '@nest-jwt-auth/core'
import { createTestTokens, FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'
import { refused } from '../support/refusals.js'

@Controller('me')
@UseGuards(JwtGuard)
class MeController {
  @Get()
  me(@Claims() claims: Record<string, unknown>) {
    return { sub: claims['sub'], role: claims['role'], auth_time: claims['auth_time'] }
  }
}

@Controller('open-for-tests')
@UseGuards(JwtGuard)
class OverriddenController {
  @Get()
  read() {
    return { read: true }
  }

  @Get('policy')
  @RequireClaims({ role: 'editor' })
  policy() {
    return { read: true }
  }
}

@Controller('bare')
class BareController {
  @Get()
  read() {
    return { read: true }
  }
}

const identityLoader = {
  useValue: { loadIdentity: (claims: { sub?: string | undefined }) => ({ id: claims.sub }) },
}
const letIn = { canActivate: () => true }
const allControllers = [MeController, OverriddenController, BareController]

describe.each(adapters)("what an app's own tests use on $name", (adapter) => {
  const start = new Date('2030-01-01T00:00:00Z')
  const now = start.getTime() / 1000
  const clock = new FakeClock(start)
  let app: RunningApp

  beforeAll(async () => {
    const imports = [JwtAuthModule.forRoot({ secret: SECRET, identityLoader })]
    app = await startApp(adapter, { imports, controllers: allControllers }, { clock })
  })

  it('makes access tokens that the app takes', async () => {
    const tokens = createTestTokens(app.nest)
    const token = await tokens.accessToken(
      { id: 'ida' },
      { claims: { role: 'editor' }, expiresIn: '5m', authTime: now - 60 },
    )

    expect(await app.get('/me', token)).toMatchObject({
      status: 200,
      body: { sub: 'ida', role: 'editor', auth_time: now - 60 },
    })
    expect(readToken(token).claims['exp']).toBe(now + 300)
  })

  it('makes the value of an Authorization header', async () => {
    const value = await createTestTokens(app.nest).bearer({ id: 'ida' }, { claims: { role: 'editor' } })

    expect(value).toMatch(/^Bearer \S+$/)
    expect(await app.send({ path: '/me', headers: [['Authorization', value]] })).toMatchObject({
      status: 200,
      body: { role: 'editor' },
    })
  })

  it('makes tokens that the app refuses, each for another reason', async () => {
    const tokens = createTestTokens(app.nest)
    const user = { id: 'ida' }

    expect(await app.get('/me', await tokens.expired(user))).toMatchObject(refused(401, 'token_expired'))
    expect(await app.get('/me', await tokens.wrongKey(user))).toMatchObject(
      refused(401, 'token_signature_invalid'),
    )
    expect(await app.get('/me', await tokens.refreshToken(user))).toMatchObject(
      refused(401, 'token_wrong_type'),
    )
  })

  it.each(['accessToken', 'refreshToken', 'expired', 'wrongKey'] as const)(
    'makes %s with the claims and the time of the login that a test asks for',
    async (kind) => {
      const options = { claims: { role: 'editor' }, authTime: now - 60, expiresIn: '5m' }
      const { claims } = readToken(await createTestTokens(app.nest)[kind]({ id: 'ida' }, options))

      expect(claims).toMatchObject({ sub: 'ida', role: 'editor', auth_time: now - 60 })
      if (kind === 'expired') expect(claims['exp']).toBeLessThan(now)
    },
  )

  it('makes expired tokens that an app with the longest clock tolerance refuses', async () => {
    const imports = [JwtAuthModule.forRoot({ secret: SECRET, identityLoader, clockTolerance: '5m' })]
    const tolerant = await startApp(adapter, { imports, controllers: allControllers }, { clock })
    const token = await createTestTokens(tolerant.nest).expired({ id: 'ida' })

    expect(await tolerant.get('/me', token)).toMatchObject(refused(401, 'token_expired'))
  })

  it('makes the value of an Authorization header with the scheme of the app', async () => {
    const locations = [{ header: 'authorization', scheme: 'JWT' }] as const
    const imports = [JwtAuthModule.forRoot({ secret: SECRET, identityLoader, locations })]
    const other = await startApp(adapter, { imports, controllers: allControllers }, { clock })
    const value = await createTestTokens(other.nest).bearer({ id: 'ida' })

    expect(value).toMatch(/^JWT \S+$/)
    const headers: [string, string][] = [['Authorization', value]]
    expect(await other.send({ path: '/me', headers })).toMatchObject({ status: 200, body: { sub: 'ida' } })
  })

  it('makes expired tokens although the claims loader sets exp', async () => {
    const loadClaims = (identity: { id: string }) => ({ sub: identity.id, exp: now + 900, role: 'editor' })
    const replacing = { claimsMode: 'replace', claimsLoader: { useValue: { loadClaims } } } as const
    const imports = [JwtAuthModule.forRoot({ secret: SECRET, identityLoader, ...replacing })]
    const other = await startApp(adapter, { imports, controllers: allControllers }, { clock })
    const tokens = createTestTokens(other.nest)
    const expired = await tokens.expired({ id: 'ida' })

    expect(await other.get('/me', await tokens.accessToken({ id: 'ida' }))).toMatchObject({ status: 200 })
    expect(await other.get('/me', expired)).toMatchObject(refused(401, 'token_expired'))
    expect(readToken(expired).claims).toMatchObject({ sub: 'ida', role: 'editor' })
  })

  it.each<[string, TokenLocation[]]>([
    ['Bearer', [{ header: 'x-auth', scheme: 'Token' }, 'header']],
    [
      'JWT',
      [
        { header: 'x-auth', scheme: 'Token' },
        { header: 'Authorization', scheme: 'JWT' },
      ],
    ],
    ['', [{ header: 'authorization', scheme: null }]],
  ])('takes the scheme %p of the Authorization header, and of no other', async (scheme, locations) => {
    const imports = [JwtAuthModule.forRoot({ secret: SECRET, identityLoader, locations })]
    const other = await startApp(adapter, { imports, controllers: allControllers }, { clock })
    const value = await createTestTokens(other.nest).bearer({ id: 'ida' })

    expect(value.split(' ').slice(0, -1).join()).toBe(scheme)
    const headers: [string, string][] = [['Authorization', value]]
    expect(await other.send({ path: '/me', headers })).toMatchObject({ status: 200, body: { sub: 'ida' } })
  })

  it('moves the clock', () => {
    const other = new FakeClock(start)
    expect(other.now()).toBe(start.getTime())
    other.advance('15m')
    expect(other.now()).toBe(start.getTime() + 900_000)
    other.advance(1)
    expect(other.now()).toBe(start.getTime() + 901_000)
    other.set(start)
    expect(other.now()).toBe(start.getTime())
  })

  it('moves the clock in one step through all that is due, in its order, except what that cancels', () => {
    const other = new FakeClock(start)
    const woken: string[] = []
    const wakeAfter = (seconds: number, work: () => unknown) =>
      other.wakeAt(start.getTime() + seconds * 1000, () => void work())
    const cancelThird = wakeAfter(3, () => woken.push('third'))
    wakeAfter(2, () => woken.push('second'))
    wakeAfter(1, () => {
      woken.push('first')
      cancelThird()
    })
    other.advance(3)

    expect(woken).toEqual(['first', 'second'])
  })

  it.each<[string, 'overrideGuard' | 'overrideProvider']>([
    ['overrideGuard', 'overrideGuard'],
    ['overrideProvider', 'overrideProvider'],
  ])('switches the guard off by %s', async (_, method) => {
    const imports = [JwtAuthModule.forRoot({ secret: SECRET })]
    const open = await startApp(
      adapter,
      { imports, controllers: allControllers },
      { override: (builder) => builder[method](JwtGuard).useValue(letIn) },
    )

    expect(await open.get('/open-for-tests')).toMatchObject({ status: 200 })
    expect(await open.get('/open-for-tests/policy')).toMatchObject({ status: 200 })
  })

  it('switches the guard of the whole app off', async () => {
    const imports = [JwtAuthModule.forRoot({ secret: SECRET })]
    const providers = [{ provide: APP_GUARD, useExisting: JwtGuard }]
    const metadata = { imports, providers, controllers: allControllers }
    const closed = await startApp(adapter, metadata)
    expect(await closed.get('/bare')).toMatchObject(refused(401, 'token_missing'))

    const open = await startApp(adapter, metadata, {
      override: (builder) => builder.overrideProvider(JwtGuard).useValue(letIn),
    })
    expect(await open.get('/bare')).toMatchObject({ status: 200 })
  })
})
