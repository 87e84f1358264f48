import { Controller, Get, Injectable, Req, UseGuards } from '@nestjs/common'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import {
  Claims,
  CurrentIdentity,
  CurrentToken,
  IdentityLoader,
  JwtAuthModule,
  JwtGuard,
  type JwtClaims,
  Public,
} from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'

const identities = new Map<string, unknown>([
  ['ida', { id: 'ida', name: 'Ida', age: 0 }],
  ['zero', 0],
  ['empty', ''],
])

@Injectable()
class AnyIdentity implements IdentityLoader<unknown> {
  loadIdentity(claims: JwtClaims) {
    return identities.get(claims.sub) ?? null
  }
}

@Controller('read')
@UseGuards(JwtGuard)
class ReadingController {
  @Get('claims')
  claims(
    @Claims() claims: JwtClaims,
    @Claims('role') role: unknown,
    @Claims('toString') inherited: unknown,
    @Claims('absent') absent: unknown,
  ) {
    return { sub: claims.sub, role, inherited: typeof inherited, absent: typeof absent }
  }

  @Get('identity')
  identity(
    @CurrentIdentity() identity: unknown,
    @CurrentIdentity('name') name: unknown,
    @CurrentIdentity('age') age: unknown,
  ) {
    return { identity, name, age }
  }

  @Get('token')
  token(@CurrentToken() token: string) {
    return { token }
  }

  @Get('frozen')
  frozen(
    @Req() request: { auth: object },
    @Claims() claims: JwtClaims,
    @Claims('nested') nested: { list: unknown[] },
  ) {
    return { frozen: [request.auth, claims, nested, nested.list].map((value) => Object.isFrozen(value)) }
  }

  @Get('request')
  request(@Req() request: { auth: { claims: JwtClaims; token: string }; user: unknown }) {
    return { claims: request.auth.claims, token: request.auth.token, user: request.user }
  }
}

@Controller('unguarded')
class UnguardedController {
  @Get('claims')
  claims(@Claims() claims: JwtClaims) {
    return { claims }
  }

  @Get('claim')
  claim(@Claims('sub') sub: string) {
    return { sub }
  }

  @Get('identity')
  identity(@CurrentIdentity() identity: unknown) {
    return { identity }
  }

  @Get('token')
  token(@CurrentToken() token: string) {
    return { token }
  }

  @Get('public')
  @Public()
  open(@Claims() claims: JwtClaims | undefined) {
    return { claims }
  }
}

describe.each(adapters)('the parameter decorators on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    app = await startApp(adapter, {
      imports: [
        JwtAuthModule.forRoot({ secret: SECRET, identityLoader: AnyIdentity, attachIdentityAs: 'user' }),
      ],
      controllers: [ReadingController, UnguardedController],
      providers: [AnyIdentity],
    })
  })

  beforeEach(() => logs.clear())

  const issue = (subject: string, claims = {}) => app.tokens.issueAccessToken(subject, { claims })

  it('reads the claims, or one of its own', async () => {
    const answer = await app.get('/read/claims', await issue('ida', { role: 'editor' }))

    expect(answer.body).toEqual({ sub: 'ida', role: 'editor', inherited: 'undefined', absent: 'undefined' })
  })

  it('reads the identity, or one property', async () => {
    const answer = await app.get('/read/identity', await issue('ida'))

    expect(answer.body).toEqual({ identity: { id: 'ida', name: 'Ida', age: 0 }, name: 'Ida', age: 0 })
  })

  it.each(['zero', 'empty'])('takes the falsy identity "%s" for an identity', async (subject) => {
    const answer = await app.get('/read/identity', await issue(subject))

    expect(answer).toMatchObject({ status: 200, body: { identity: identities.get(subject) } })
  })

  it('reads the text of the token', async () => {
    const token = await issue('ida')

    expect(await app.get('/read/token', token)).toMatchObject({ status: 200, body: { token } })
  })

  it('provides frozen claims', async () => {
    const answer = await app.get('/read/frozen', await issue('ida', { nested: { list: [1] } }))

    expect(answer.body).toEqual({ frozen: [true, true, true, true] })
  })

  it('puts claims, token and identity on the request', async () => {
    const token = await issue('ida')
    const answer = await app.get('/read/request', token)

    expect(answer.body).toMatchObject({ claims: { sub: 'ida' }, token, user: { id: 'ida' } })
  })

  it.each(['claims', 'claim', 'identity', 'token', 'public'])(
    'tells the developer that no guard ran: %s',
    async (name) => {
      const answer = await app.get(`/unguarded/${name}`, await issue('ida'))

      expect(answer.status).toBe(500)
      expect(logs.text('error')).toContain('JwtGuard')
    },
  )
})

describe('without an identity loader', () => {
  it('the identity is the subject', async () => {
    const [adapter] = adapters
    const app = await startApp(adapter!, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      controllers: [ReadingController],
    })
    const answer = await app.get('/read/identity', await app.tokens.issueAccessToken({ id: 7 }))

    expect(answer).toMatchObject({ status: 200, body: { identity: '7' } })
  })
})
