import { Body, Controller, Delete, Get, Injectable, Module, Param, Post, UseGuards } from '@nestjs/common'
import { UnauthorizedException } from '@nestjs/common'
import { beforeAll, describe, expect, it } from '@jest/globals'
import {
  Claims,
  ClaimsLoader,
  CurrentIdentity,
  IdentityLoader,
  JwtAuthModule,
  JwtGuard,
  RequireClaims,
  TokenResponse,
  TokenService,
  type JwtClaims,
} from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'
import { refused } from '../support/refusals.js'

interface User {
  id: number
  name: string
}

const users: User[] = [
  { id: 1, name: 'ada' },
  { id: 2, name: 'ben' },
]

@Injectable()
class AdminClaims implements ClaimsLoader<User> {
  loadClaims(user: User) {
    return { is_admin: user.id === 1 }
  }
}

@Injectable()
class UserIdentity implements IdentityLoader<User> {
  loadIdentity(claims: JwtClaims) {
    return users.find((user) => String(user.id) === claims.sub) ?? null
  }
}

@Controller('items')
@UseGuards(JwtGuard)
class ItemsController {
  @Get('mine')
  mine(@CurrentIdentity() user: User) {
    return { owner: user }
  }

  @Delete(':id')
  @RequireClaims({ is_admin: true })
  remove(@Param('id') id: string, @Claims() claims: JwtClaims) {
    return { removed: id, by: claims.sub }
  }
}

@Controller('auth')
class AuthController {
  constructor(private readonly tokens: TokenService) {}

  @Post('login')
  @TokenResponse()
  async login(@Body() body: { name: string }) {
    const user = users.find((each) => each.name === body.name)
    if (!user) throw new UnauthorizedException()
    return this.tokens.issue(user)
  }
}

@Module({
  imports: [
    JwtAuthModule.forRoot({ secret: SECRET, claimsLoader: AdminClaims, identityLoader: UserIdentity }),
  ],
  providers: [AdminClaims, UserIdentity],
  controllers: [AuthController, ItemsController],
})
class AppModule {}

interface TokenAnswer {
  access_token: string
  refresh_token: string
}

describe.each(adapters)('the smallest app on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    app = await startApp(adapter, { imports: [AppModule] })
  })

  async function logIn(name: string): Promise<string> {
    const answer = await app.post('/auth/login', { name })
    return (answer.body as TokenAnswer).access_token
  }

  it('answers a login with the OAuth token response, not to be stored', async () => {
    const answer = await app.post('/auth/login', { name: 'ada' })

    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: expect.any(String),
      refresh_expires_in: 30 * 24 * 3600,
    })
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('adds the loaded claims to the registered ones', async () => {
    const { header, claims } = readToken(await logIn('ada'))

    expect(header).toMatchObject({ alg: 'HS256', typ: 'at+jwt', kid: expect.any(String) })
    expect(claims).toMatchObject({ sub: '1', is_admin: true, jti: expect.any(String) })
    expect(claims).toMatchObject({ iat: expect.any(Number), exp: expect.any(Number) })
  })

  it('refuses a request without a token', async () => {
    expect(await app.get('/items/mine')).toMatchObject(refused(401, 'token_missing'))
    expect(await app.delete('/items/7')).toMatchObject(refused(401, 'token_missing'))
  })

  it('gives the handler the identity of the token', async () => {
    const answer = await app.get('/items/mine', await logIn('ben'))

    expect(answer).toMatchObject({ status: 200, body: { owner: { id: 2, name: 'ben' } } })
  })

  it('refuses the member what only an admin may do', async () => {
    const answer = await app.delete('/items/7', await logIn('ben'))

    expect(answer).toMatchObject(refused(403, 'insufficient_claims'))
  })

  it('lets the admin do it', async () => {
    const answer = await app.delete('/items/7', await logIn('ada'))

    expect(answer).toMatchObject({ status: 200, body: { removed: '7', by: '1' } })
  })

  it('does not change the response of a route that issues no token', async () => {
    const answer = await app.get('/items/mine', await logIn('ben'))

    expect(answer.headers['cache-control']).toBeUndefined()
  })
})
