import { Controller, Get, UseGuards } from '@nestjs/common'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import {
  Claims,
  CurrentIdentity,
  JwtAuthContext,
  JwtAuthModule,
  JwtGuard,
  OptionalAuth,
  RequireFresh,
  RequireScopes,
  UseRefreshToken,
  type JwtClaims,
} from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { reforge, SECRET } from '../support/forge.js'
import { refused } from '../support/refusals.js'

const start = Date.parse('2030-01-01T00:00:00Z')
const now = start / 1000
const clock = new FakeClock(start)

@Controller('optional')
@UseGuards(JwtGuard)
@OptionalAuth()
class OptionalController {
  constructor(private readonly context: JwtAuthContext) {}

  @Get()
  async read(@Claims('sub') sub: string | undefined) {
    return { sub: sub ?? 'nobody', inContext: (await this.context.identity()) ?? 'nobody' }
  }

  @Get('who')
  who(@CurrentIdentity() identity: unknown) {
    return { identity: identity ?? 'nobody' }
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
const nobody = { status: 200, body: { sub: 'nobody' } }

describe.each(adapters)('@OptionalAuth(), case by case, on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    const identityLoader = { useValue: { loadIdentity } }
    app = await startApp(
      adapter,
      {
        imports: [JwtAuthModule.forRoot({ secret: SECRET, requestContext: true, identityLoader })],
        controllers: [OptionalController],
      },
      { clock },
    )
  })

  beforeEach(() => clock.set(start))

  const authorized = (value: string, path = '/optional') =>
    app.send({ path, headers: [['Authorization', value]] })

  it.each(['', 'Basic dXNlcjpwYXNz', 'Negotiate abc', 'JWT abc', 'Basic abc, Bearer def'])(
    'takes "%s" for nobody',
    async (value) => {
      expect(await authorized(value)).toMatchObject(nobody)
      expect(await authorized(value, '/optional/who')).toMatchObject({ body: { identity: 'nobody' } })
    },
  )

  it('takes a token where none is looked for, for nobody', async () => {
    const token = await app.tokens.issueAccessToken('ida')

    expect(await app.get(`/optional?access_token=${token}`)).toMatchObject(nobody)
  })

  it.each<[string, string, object]>([
    ['expired', 'token_expired', { iat: now - 900, exp: now }],
    ['not good yet', 'token_not_active', { nbf: now + 6 }],
    ['without a subject', 'token_claims_invalid', { sub: undefined }],
  ])('refuses a token that is %s', async (_, code, claims) => {
    const token = reforge(await app.tokens.issueAccessToken('ida'), { claims: { ...claims } })

    expect(await app.get('/optional', token)).toMatchObject(refused(401, code))
  })

  it('refuses a refresh token, and on a route for those an access token', async () => {
    const { access_token, refresh_token = '' } = await app.tokens.issue({ id: 'ida' })
    const wrongType = refused(401, 'token_wrong_type')

    expect(await app.get('/optional', refresh_token)).toMatchObject(wrongType)
    expect(await app.get('/optional/refresh', access_token)).toMatchObject(wrongType)
    expect(await app.get('/optional/refresh', refresh_token)).toMatchObject({ body: { sub: 'ida' } })
    expect(await app.get('/optional/refresh')).toMatchObject(nobody)
  })

  it('refuses a caller who is gone, where the handler asks who it is', async () => {
    const token = await app.tokens.issueAccessToken('gone')

    expect(await app.get('/optional/who', token)).toMatchObject(refused(401, 'identity_unknown'))
  })

  it.each(['/optional/scopes', '/optional/fresh'])(
    'demands a token at %s, as a policy does',
    async (path) => {
      expect(await app.get(path)).toMatchObject(refused(401, 'token_missing'))
      expect(await authorized('Basic abc', path)).toMatchObject(refused(401, 'token_missing'))
    },
  )
})
