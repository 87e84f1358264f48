import { Controller, Get, Injectable, UseGuards, Inject, type CanActivate, Req } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import type { TestingModuleBuilder } from '@nestjs/testing'
import { beforeEach, describe, expect, it } from '@jest/globals'
import {
  Claims,
  CurrentIdentity,
  CurrentToken,
  IdentityLoader,
  JwtAuthContext,
  JwtAuthModule,
  JwtGuard,
  Public,
  RequireClaims,
  RequireFresh,
  type JwtClaims,
} from '@nest-jwt-auth/core'
import { FakeClock, signedInGuard } from '@nest-jwt-auth/core/testing'
import { adapters, startApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { challengeOf, refused } from '../support/refusals.js'

@Injectable()
class Users implements IdentityLoader<{ name: string }> {
  loadIdentity({ sub }: JwtClaims) {
    return sub === 'nobody' ? null : { name: `user ${sub}` }
  }
}

@Controller()
@UseGuards(JwtGuard)
class MeController {
  constructor(@Inject(JwtAuthContext) private readonly context: JwtAuthContext) {}

  @Get('me')
  async me(
    @Claims() claims: JwtClaims,
    @CurrentIdentity() identity: unknown,
    @CurrentToken() token: string,
    @Req() request: { auth: { claims: JwtClaims }; user: unknown },
  ) {
    return {
      sub: claims.sub,
      isFrozen: Object.values(claims).concat(claims).every(Object.isFrozen),
      roles: (claims as { roles?: string[] }).roles,
      identity,
      token,
      context: [this.context.claims?.sub, this.context.token, await this.context.identity()],
      request: [request.auth.claims.sub, request.user],
    }
  }

  @Get('admins')
  @RequireClaims({ is_admin: true })
  admins() {
    return {}
  }

  @Get('fresh')
  @RequireFresh('10m')
  fresh() {
    return {}
  }

  @Get('open')
  @Public()
  open(@Claims() claims: JwtClaims | undefined) {
    return { sub: claims?.sub ?? 'nobody' }
  }
}

/** Not bound to a guard by itself. */
@Controller('bare')
class BareController {
  @Get()
  read(@Claims('sub') sub: string) {
    return { sub }
  }
}

const now = new Date('2030-01-01T00:00:00Z')
const globally = [{ provide: APP_GUARD, useExisting: JwtGuard }]

describe.each(adapters)('signedInGuard() on $name', (adapter) => {
  const clock = new FakeClock(now)

  const start = (override: (builder: TestingModuleBuilder) => unknown, providers: typeof globally = []) =>
    startApp(
      adapter,
      {
        imports: [
          JwtAuthModule.forRoot({
            secret: SECRET,
            identityLoader: Users,
            attachIdentityAs: 'user',
            requestContext: true,
            realm: 'shop',
          }),
        ],
        controllers: [MeController, BareController],
        providers: [Users, ...providers],
      },
      { clock, override },
    )

  const ways: [way: string, put: (guard: CanActivate) => (builder: TestingModuleBuilder) => unknown][] = [
    ['overrideProvider', (guard) => (builder) => builder.overrideProvider(JwtGuard).useValue(guard)],
    ['overrideGuard', (guard) => (builder) => builder.overrideGuard(JwtGuard).useValue(guard)],
  ]

  describe.each(ways)('in the place of JwtGuard by %s', (_, put) => {
    const ada = { sub: 'ada', is_admin: true, auth_time: now.getTime() / 1000 }

    it('gives the caller to every decorator and to JwtAuthContext', async () => {
      const app = await start(put(signedInGuard({ claims: ada })))
      const identity = { name: 'user ada' }

      expect((await app.get('/me')).body).toEqual({
        sub: 'ada',
        isFrozen: true,
        identity,
        token: expect.any(String),
        context: ['ada', expect.any(String), identity],
        request: ['ada', identity],
      })
    })

    it('shares the claims with nobody: neither the handler nor the test can change those of the other', async () => {
      const claims = { ...ada, roles: ['a'] }
      const app = await start(put(signedInGuard({ claims })))
      claims.roles.push('b')

      expect((await app.get('/me')).body).toMatchObject({ isFrozen: true, roles: ['a'] })
    })

    it('takes the identity and the token that it is given', async () => {
      const app = await start(put(signedInGuard({ claims: ada, identity: { name: 'Ada' }, token: 'mine' })))

      expect((await app.get('/me')).body).toMatchObject({
        identity: { name: 'Ada' },
        token: 'mine',
        context: ['ada', 'mine', { name: 'Ada' }],
      })
    })

    it('refuses a caller whom the identity loader does not know', async () => {
      const app = await start(put(signedInGuard({ claims: { sub: 'nobody' } })))

      expect(await app.get('/me')).toMatchObject(refused(401, 'identity_unknown'))
    })

    it('asks policies, by the clock of the app', async () => {
      const app = await start(put(signedInGuard({ claims: ada })))
      const other = await start(put(signedInGuard({ claims: { sub: 'bob' } })))

      expect((await app.get('/admins')).status).toBe(200)
      expect((await app.get('/fresh')).status).toBe(200)
      clock.advance('10m')
      const stale = await app.get('/fresh')
      expect(stale).toMatchObject(refused(401, 'insufficient_user_authentication'))
      expect(challengeOf(stale)?.parameters).toMatchObject({ realm: 'shop', max_age: '600' })
      expect(await other.get('/admins')).toMatchObject(refused(403, 'insufficient_claims'))
      clock.set(now)
    })

    it('signs nobody in where it is public', async () => {
      const app = await start(put(signedInGuard({ claims: ada })))

      expect((await app.get('/open')).body).toEqual({ sub: 'nobody' })
    })
  })

  it('replaces a global guard', async () => {
    const put = (builder: TestingModuleBuilder) =>
      builder.overrideProvider(JwtGuard).useValue(signedInGuard({ claims: { sub: 'ada' } }))
    const app = await start(put, globally)

    expect(await app.get('/bare')).toMatchObject({ status: 200, body: { sub: 'ada' } })
    expect(await app.get('/me')).toMatchObject({ status: 200 })
    expect(await app.get('/admins')).toMatchObject({ status: 403 })
  })

  it('works without JwtAuthModule', async () => {
    @Controller('alone')
    @UseGuards(JwtGuard)
    class AloneController {
      @Get()
      read(@CurrentIdentity() identity: unknown) {
        return { identity }
      }

      @Get('admins')
      @RequireClaims({ is_admin: true })
      admins() {
        return {}
      }
    }
    const guard = signedInGuard({ claims: { sub: 'ada' } })
    const app = await startApp(
      adapter,
      { controllers: [AloneController] },
      { override: (builder) => builder.overrideGuard(JwtGuard).useValue(guard) },
    )

    expect(await app.get('/alone')).toMatchObject({ status: 200, body: { identity: 'ada' } })
    expect(await app.get('/alone/admins')).toMatchObject({ status: 403 })
  })

  describe('where a test put replaces JwtGuard with another guard', () => {
    beforeEach(() => logs.clear())

    const letIn = { canActivate: () => true }

    it.each(ways)('by %s, parameters say so, and name it', async (_, put) => {
      const app = await start(put(letIn))

      expect((await app.get('/me')).status).toBe(500)
      expect(logs.text('error')).toMatch(/another guard replaces it.*signedInGuard/)
    })

    it('for the whole app, parameters name it too', async () => {
      const app = await start((builder) => builder.overrideProvider(JwtGuard).useValue(letIn), globally)

      expect((await app.get('/bare')).status).toBe(500)
      expect(logs.text('error')).toMatch(/replaces JwtGuard with another guard.*signedInGuard/)
    })
  })
})
