import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Get,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { CurrentIdentity, JwtAuthModule, JwtGuard, RequireClaims } from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { breakSignature, SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { challengeOf, refused } from '../support/refusals.js'

const counting = {
  intercept: (_context: ExecutionContext, next: CallHandler) => {
    intercepted += 1
    return next.handle()
  },
}

/** Puts a function with another name in the place of the handler. */
const Wrap =
  () =>
  (_target: object, _name: string, descriptor: PropertyDescriptor): void => {
    const inner = descriptor.value as (...args: unknown[]) => unknown
    descriptor.value = function wrapper(this: unknown, ...args: unknown[]) {
      return inner.apply(this, args)
    }
  }

@Controller('me')
@UseGuards(JwtGuard)
class MeController {
  @Get()
  me(@CurrentIdentity() identity: unknown) {
    return { identity }
  }

  @Get('claims-only')
  claimsOnly() {
    return { read: true }
  }

  @Get('intercepted')
  @UseInterceptors(counting)
  intercepted(@CurrentIdentity() identity: unknown) {
    return { identity }
  }

  @Get('wrapped')
  @UseInterceptors(counting)
  @Wrap()
  wrapped(@CurrentIdentity() identity: unknown) {
    return { identity }
  }

  @Get('policy')
  @RequireClaims({ role: 'editor' })
  policy(@CurrentIdentity() identity: unknown) {
    return { identity }
  }
}

let loads = 0
let intercepted = 0

const identityLoader = {
  useValue: {
    loadIdentity: (claims: { sub?: string | undefined }) => {
      loads += 1
      if (claims.sub === 'locked') throw new ForbiddenException('This account is locked.')
      if (claims.sub === 'broken') throw new Error('database password is swordfish')
      if (claims.sub === 'never was') return undefined
      return claims.sub === 'gone' ? null : { id: claims.sub }
    },
  },
}

describe.each(adapters)('the identity behind a token on $name', (adapter) => {
  let app: RunningApp
  let eager: RunningApp

  beforeAll(async () => {
    const options = { secret: SECRET, identityLoader, realm: 'shop' }
    app = await startApp(adapter, {
      imports: [JwtAuthModule.forRoot(options)],
      controllers: [MeController],
    })
    eager = await startApp(adapter, {
      imports: [JwtAuthModule.forRoot({ ...options, attachIdentityAs: 'user' })],
      controllers: [MeController],
    })
  })

  beforeEach(() => {
    loads = 0
    logs.clear()
  })

  const issue = (subject: string) => app.tokens.issueAccessToken(subject)

  it('is loaded for a handler that uses it', async () => {
    const answer = await app.get('/me', await issue('gone'))

    expect(answer).toMatchObject(refused(401, 'identity_unknown'))
    expect(challengeOf(answer)).toMatchObject({ parameters: { realm: 'shop', error: 'invalid_token' } })
    expect(await app.get('/me', await issue('never was'))).toMatchObject(refused(401, 'identity_unknown'))
  })

  it('is named in the debug log by the token alone, where there is none', async () => {
    const token = await issue('gone')
    await app.get('/me', token)

    expect(logs.text('debug')).toContain('because the identity loader found nobody')
    expect(logs.text('debug')).toContain(
      `jti ${JSON.stringify(app.tokens.decodeUnverified(token).claims['jti'])}`,
    )
    expect(logs.text()).not.toContain('"gone"')
  })

  it('is not loaded for a handler that does not use it', async () => {
    expect(await app.get('/me/claims-only', await issue('gone'))).toMatchObject({ status: 200 })
    expect(loads).toBe(0)
  })

  it('is loaded for every handler with attachIdentityAs', async () => {
    expect(await eager.get('/me/claims-only', await issue('gone'))).toMatchObject(
      refused(401, 'identity_unknown'),
    )
    expect(await eager.get('/me/claims-only', await issue('ida'))).toMatchObject({ status: 200 })
  })

  it('comes before the policies', async () => {
    expect(await app.get('/me/policy', await issue('gone'))).toMatchObject(refused(401, 'identity_unknown'))
    expect(await app.get('/me/policy', await issue('ida'))).toMatchObject(refused(403, 'insufficient_claims'))
  })

  it.each([
    { handler: 'a handler', path: '/me/intercepted' },
    { handler: 'a handler in a wrapper of another name', path: '/me/wrapped' },
  ])(
    'comes before the interceptors of $handler, which see no call of an identity that is gone',
    async ({ path }) => {
      intercepted = 0
      expect(await app.get(path, await issue('gone'))).toMatchObject(refused(401, 'identity_unknown'))
      expect(intercepted).toBe(0)
      expect(await app.get(path, await issue('ida'))).toMatchObject({ status: 200 })
      expect(intercepted).toBe(1)
    },
  )

  it('is not loaded for a bad token', async () => {
    await app.get('/me', breakSignature(await issue('ida')))
    await app.get('/me')

    expect(loads).toBe(0)
  })

  it('is answered as the loader says where it throws an HttpException', async () => {
    const answer = await app.get('/me', await issue('locked'))
    expect(answer).toMatchObject({ status: 403, body: { message: 'This account is locked.' } })
  })

  it('that cannot be loaded is a 500, and the error is only in the log', async () => {
    const answer = await app.get('/me', await issue('broken'))

    expect(answer.status).toBe(500)
    expect(answer.text).not.toContain('swordfish')
    expect(logs.text('error')).toContain('swordfish')
  })
})
