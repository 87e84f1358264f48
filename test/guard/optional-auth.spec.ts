import { Controller, Get, UseGuards } from '@nestjs/common'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import {
  Claims,
  CurrentIdentity,
  CurrentToken,
  JwtAuthContext,
  JwtAuthModule,
  JwtGuard,
  OptionalAuth,
  RequireClaims,
  RequireFresh,
  RequireScopes,
  UseRefreshToken,
  type JwtClaims,
} from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { breakSignature, reforge, SECRET } from '../support/forge.js'
import { refused } from '../support/refusals.js'

const start = Date.parse('2030-01-01T00:00:00Z')
const now = start / 1000
const clock = new FakeClock(start)

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
  constructor(private readonly context: JwtAuthContext) {}

  @Get()
  async read(@Claims('sub') sub: string | undefined) {
    return { sub: sub ?? 'nobody', inContext: (await this.context.identity()) ?? 'nobody' }
  }

  @Get('who')
  who(@CurrentIdentity() identity: unknown) {
    return { identity: identity ?? 'nobody' }
  }

  @Get('policy')
  @RequireClaims({ role: 'editor' })
  policy() {
    return { read: true }
  }

  @Get('scopes')
  @RequireScopes('items')
  scopes() {
    return { read: true }
  }

  @Get('fresh')
  @RequireFresh('10m')
  fresh() {
    return { read: true }
  }

  @Get('refresh')
  @UseRefreshToken()
  refresh(@Claims('sub') sub: string | undefined) {
    return { sub: sub ?? 'nobody' }
  }
}

const loadIdentity = ({ sub }: JwtClaims) => (sub === 'gone' ? null : { name: sub })
const nobody = { status: 200, body: { known: [false, false, false, false] } }
const nobodyOfClass = { status: 200, body: { sub: 'nobody', inContext: 'nobody' } }

describe.each(adapters)('@OptionalAuth() on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    const identityLoader = { useValue: { loadIdentity } }
    app = await startApp(
      adapter,
      {
        imports: [JwtAuthModule.forRoot({ secret: SECRET, requestContext: true, identityLoader })],
        controllers: [OptionalController, OptionalClassController],
      },
      { clock },
    )
  })

  beforeEach(() => clock.set(start))

  const withAuthorization = (value: string, path = '/optional') =>
    app.send({ path, headers: [['Authorization', value]] })

  it('takes a request without a token as anonymous', async () => {
    expect(await app.get('/optional')).toMatchObject(nobody)
    expect(await app.get('/class')).toMatchObject(nobodyOfClass)
    expect(await app.get('/class/refresh')).toMatchObject({ status: 200, body: { sub: 'nobody' } })
  })

  it.each(['', 'Basic dXNlcjpwYXNz', 'Negotiate abc', 'JWT abc', 'Basic abc, Bearer def'])(
    'takes a request with "%s" as anonymous',
    async (value) => {
      expect(await withAuthorization(value)).toMatchObject(nobody)
      expect(await withAuthorization(value, '/class')).toMatchObject(nobodyOfClass)
      expect(await withAuthorization(value, '/class/who')).toMatchObject({ body: { identity: 'nobody' } })
    },
  )

  it('takes a request with a token in another location as anonymous', async () => {
    const token = await app.tokens.issueAccessToken('ida')

    expect(await app.get(`/class?access_token=${token}`)).toMatchObject(nobodyOfClass)
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

  it('refuses a token that expired since it was issued', async () => {
    const token = await app.tokens.issueAccessToken('ida')
    clock.advance('15m')

    expect(await app.get('/optional', token)).toMatchObject(refused(401, 'token_expired'))
  })

  it.each<[string, string, object]>([
    ['expired', 'token_expired', { iat: now - 900, exp: now }],
    ['not valid yet', 'token_not_active', { nbf: now + 6 }],
    ['without a subject', 'token_claims_invalid', { sub: undefined }],
  ])('refuses a token that is %s', async (_, code, claims) => {
    const token = reforge(await app.tokens.issueAccessToken('ida'), { claims: { ...claims } })

    expect(await app.get('/class', token)).toMatchObject(refused(401, code))
  })

  it.each(['Bearer', 'Bearer one, Bearer two', 'bearer not-a-token'])('refuses "%s"', async (value) => {
    expect(await withAuthorization(value)).toMatchObject(refused(401, 'token_malformed'))
  })

  it('refuses a refresh token, and an access token on a route for refresh tokens', async () => {
    const { access_token, refresh_token = '' } = await app.tokens.issue({ id: 'ida' })
    const wrongType = refused(401, 'token_wrong_type')

    expect(await app.get('/class', refresh_token)).toMatchObject(wrongType)
    expect(await app.get('/class/refresh', access_token)).toMatchObject(wrongType)
    expect(await app.get('/class/refresh', refresh_token)).toMatchObject({ body: { sub: 'ida' } })
  })

  it('refuses a caller whose identity does not exist any more, if the handler needs it', async () => {
    const token = await app.tokens.issueAccessToken('gone')

    expect(await app.get('/class/who', token)).toMatchObject(refused(401, 'identity_unknown'))
  })

  it.each(['/optional/policy', '/optional/policy-first', '/class/policy'])(
    'requires a token if there is a policy too: %s',
    async (path) => {
      const member = await app.tokens.issueAccessToken('ida')
      const editor = await app.tokens.issueAccessToken('eve', { claims: { role: 'editor' } })

      expect(await app.get(path)).toMatchObject(refused(401, 'token_missing'))
      expect(await app.get(path, member)).toMatchObject(refused(403, 'insufficient_claims'))
      expect(await app.get(path, editor)).toMatchObject({ status: 200 })
    },
  )

  it.each(['/class/scopes', '/class/fresh'])('requires a token at %s, as any policy does', async (path) => {
    expect(await app.get(path)).toMatchObject(refused(401, 'token_missing'))
    expect(await withAuthorization('Basic abc', path)).toMatchObject(refused(401, 'token_missing'))
  })
})
