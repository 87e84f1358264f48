import { Controller, Get, Inject, Injectable, Post, Req, Res, UseGuards } from '@nestjs/common'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import {
  AuthCookies,
  Claims,
  CurrentIdentity,
  CurrentToken,
  IdentityLoader,
  type IdentityLoaderContext,
  InMemorySessionStore,
  JwtAuthEvents,
  type JwtAuthEvent,
  JwtAuthModule,
  type JwtClaims,
  JwtGuard,
  OptionalAuth,
  Public,
  RequireClaims,
  RequireFresh,
  RequireScopes,
  type TokenLocation,
  TokenResponse,
  TokenService,
  UseRefreshToken,
} from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, type RunningApp, startApp } from '../support/adapters.js'
import { breakSignature, forgeToken, readToken, SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { challengeOf, refused } from '../support/refusals.js'
import { DAY, FORMER_SECRET, formerToken, legacyTokens, NOW, START } from './former-app.js'

const clock = new FakeClock(START)

@Injectable()
class Users extends IdentityLoader {
  readonly asked: IdentityLoaderContext[] = []

  loadIdentity({ sub }: JwtClaims, context: IdentityLoaderContext) {
    this.asked.push(context)
    return sub === '404' ? null : { id: Number(sub), name: `user ${sub}` }
  }
}

@Controller()
@UseGuards(JwtGuard)
class AppController {
  constructor(@Inject(TokenService) private readonly tokens: TokenService) {}

  @Get('claims') claims(@Claims() claims: object, @CurrentToken() token: string) {
    return { claims, token }
  }
  @Get('user') user(@CurrentIdentity() user: object, @Req() request: { user: object }) {
    return { user, attached: request.user }
  }
  @Get('admin') @RequireClaims({ role: 'admin' }) admin() {
    return { admin: true }
  }
  @Get('items') @RequireScopes('items:read') items() {
    return []
  }
  @Get('fresh') @RequireFresh('10m') fresh() {
    return {}
  }
  @Get('optional') @OptionalAuth() optional(@Claims('sub') sub: string | undefined) {
    return { sub: sub ?? 'nobody' }
  }
  @Get('public') @Public() open() {
    return { open: true }
  }
  @Post('refresh') @UseRefreshToken() refresh() {
    return {}
  }
  @Post('exchange') @TokenResponse() exchange(@CurrentToken() token: string) {
    return this.tokens.exchangeLegacy(token)
  }
}

@Controller('cookie')
@UseGuards(JwtGuard)
class CookieController {
  constructor(
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(AuthCookies) private readonly cookies: AuthCookies,
  ) {}

  @Get() read(@Claims('sub') sub: string) {
    return { sub }
  }
  @Post() async move(@CurrentToken() token: string, @Res({ passthrough: true }) response: unknown) {
    this.cookies.set(response, await this.tokens.exchangeLegacy(token))
  }
}

describe.each(adapters)('requests with a legacy token on $name', (adapter) => {
  let app: RunningApp
  /** The same with cookies, which brings CSRF checks. */
  let pages: RunningApp
  const seen: JwtAuthEvent[] = []

  beforeAll(async () => {
    const start = (locations: TokenLocation[]) => {
      const auth = JwtAuthModule.forRoot({
        secret: SECRET,
        legacyTokens,
        identityLoader: Users,
        attachIdentityAs: 'user',
        locations,
        sessionStore: InMemorySessionStore,
        endpoints: { refresh: true, logout: true, logoutAll: true, sessions: true },
      })
      const parts = { providers: [Users], controllers: [AppController] }
      return startApp(adapter, { imports: [auth], ...parts }, { clock })
    }
    app = await start(['header', { query: 'jwt' }])
    pages = await start(['header', 'cookie'])
    app.nest.get(JwtAuthEvents).events$.subscribe((event) => seen.push(event))
  })

  beforeEach(() => {
    clock.set(START)
    seen.length = 0
    logs.clear()
  })

  it('reach what a token of now reaches: claims, token, identity, policies', async () => {
    const text = formerToken({ sub: 7, role: 'admin', scope: 'items:read', username: 'ada' })
    const { body } = await app.get('/claims', text)
    expect(body).toMatchObject({ claims: { sub: '7', username: 'ada' }, token: text })
    const user = { id: 7, name: 'user 7' }
    expect(await app.get('/user', text)).toMatchObject({ status: 200, body: { user, attached: user } })
    expect(app.nest.get(Users).asked.at(-1)).toEqual({ purpose: 'request' })
    for (const path of ['/admin', '/items']) expect(await app.get(path, text)).toMatchObject({ status: 200 })
    expect(await app.get('/optional', text)).toMatchObject({ body: { sub: '7' } })
  })

  it('are refused by the policies as others are, and by @RequireFresh always', async () => {
    const text = formerToken({ role: 'clerk', auth_time: NOW })
    expect(await app.get('/admin', text)).toMatchObject(refused(403, 'insufficient_claims'))
    expect(await app.get('/items', text)).toMatchObject(refused(403, 'insufficient_scope'))
    const stale = await app.get('/fresh', text)
    expect(stale).toMatchObject(refused(401, 'insufficient_user_authentication'))
    expect(challengeOf(stale)?.parameters).toMatchObject({ max_age: '600' })
    expect(await app.get('/user', formerToken({ sub: 404 }))).toMatchObject(refused(401, 'identity_unknown'))
  })

  it('are 401 with a challenge where accept, the date, the signature or revokeAll refuses them', async () => {
    await app.tokens.revokeAll(73)
    const ended = await app.get('/claims', formerToken({ sub: 73 }))
    expect(ended).toMatchObject(refused(401, 'token_revoked'))
    const refresh = await app.get('/claims', formerToken({ type: 'refresh' }))
    expect(refresh).toMatchObject(refused(401, 'token_claims_invalid'))
    expect(challengeOf(refresh)?.parameters).toMatchObject({ error: 'invalid_token' })
    expect(await app.get('/optional', formerToken({ type: 'refresh' }))).toMatchObject({ status: 401 })
    const forged = breakSignature(formerToken())
    expect(await app.get('/claims', forged)).toMatchObject(refused(401, 'token_signature_invalid'))
    expect(await app.get('/public', forged)).toMatchObject({ status: 200 })
    clock.set(START + 30 * DAY * 1000)
    const late = await app.get('/claims', formerToken({ exp: NOW + 40 * DAY }))
    expect(late).toMatchObject(refused(401, 'token_expired'))
    expect(logs.text('debug')).toContain('because the date of legacyTokens.until has passed')
    expect(seen.filter(({ type }) => type === 'token.legacy')).toEqual([])
  })

  it('never open a route for refresh tokens', async () => {
    for (const text of [formerToken(), formerToken({ type: 'refresh' })]) {
      expect(await app.post('/refresh', {}, text)).toMatchObject(refused(401, 'token_wrong_type'))
      const body = { refresh_token: text }
      expect(await app.post('/auth/refresh', body)).toMatchObject(refused(401, 'token_wrong_type'))
    }
  })

  it('tell of each use, where it was and by which client, once per request; other tokens do not', async () => {
    const headers: [string, string][] = [
      ['Authorization', `Bearer ${formerToken({ sub: 7 })}`],
      ['User-Agent', 'ShopApp/1.2 (iOS)'],
    ]
    await app.send({ path: '/user', headers })
    await app.get('/user', (await app.tokens.issue({ id: 7 })).access_token)
    expect(seen.filter(({ type }) => type === 'token.legacy')).toEqual([
      {
        type: 'token.legacy',
        at: new Date(START),
        subject: '7',
        transport: 'http',
        route: 'AppController.user',
        ip: '127.0.0.1',
        userAgent: 'ShopApp/1.2 (iOS)',
      },
    ])
  })

  it('are exchanged by a handler of the app', async () => {
    const text = formerToken({ sub: 70 })
    const answer = await app.post('/exchange', {}, text)
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
    const pair = answer.body as { access_token: string; refresh_token: string }
    expect(await app.get('/claims', pair.access_token)).toMatchObject({ status: 200 })
    const refreshed = await app.post('/auth/refresh', { refresh_token: pair.refresh_token })
    expect(refreshed).toMatchObject({ status: 200 })
    expect(await app.post('/exchange', {}, text)).toMatchObject(refused(401, 'token_revoked'))
    expect(await app.post('/exchange', {}, pair.access_token)).toMatchObject(refused(401, 'token_wrong_type'))
    expect(await app.get('/claims', text)).toMatchObject({ status: 200 })
    expect(await app.get('/auth/sessions', pair.access_token)).toMatchObject({
      body: [{ current: true }],
    })
  })

  it('logout does not claim to have ended what it cannot end; logout-all ends it', async () => {
    const text = formerToken({ sub: 71 })
    expect(await app.post('/auth/logout', {}, text)).toMatchObject(refused(401, 'token_wrong_type'))
    expect(await app.post('/auth/logout', { access_token: text })).toMatchObject(
      refused(401, 'token_wrong_type'),
    )
    expect(await app.get('/claims', text)).toMatchObject({ status: 200 })
    expect(await app.get('/auth/sessions', text)).toMatchObject({ status: 200, body: [] })
    expect(await app.delete('/auth/sessions/unknown', text)).toMatchObject({ status: 404 })
    expect(await app.post('/auth/logout-all', {}, text)).toMatchObject({ status: 204 })
    expect(await app.get('/claims', text)).toMatchObject(refused(401, 'token_revoked'))
  })

  it('travel in every location, with the CSRF check where it is a cookie', async () => {
    const text = formerToken({ sub: 72 })
    expect(await app.get(`/claims?jwt=${text}`)).toMatchObject({ status: 200 })
    const cookie: [string, string] = ['Cookie', `__Host-access_token=${text}`]
    expect(await pages.send({ path: '/claims', headers: [cookie] })).toMatchObject({ status: 200 })
    const post = (origin: string) =>
      pages.send({ method: 'POST', path: '/exchange', headers: [cookie, ['Origin', origin]], body: {} })
    expect(await post('https://evil.example')).toMatchObject(refused(403, 'csrf_failed'))
    expect(await post(`http://127.0.0.1:${pages.port}`)).toMatchObject({ status: 200 })
  })

  it('a browser loses a legacy cookie that is refused for good, or by logout', async () => {
    const text = formerToken({ sub: 73 })
    const send = (path: string, token: string, method = 'GET') =>
      pages.send({
        method,
        path,
        headers: [
          ['Cookie', `__Host-access_token=${token}`],
          ['Sec-Fetch-Site', 'same-origin'],
        ],
        ...(method === 'POST' ? { body: {} } : {}),
      })
    const bad = await send('/claims', breakSignature(text))
    expect(String(bad.headers['set-cookie'])).toContain('__Host-access_token=;')
    const out = await send('/auth/logout', text, 'POST')
    expect(out.status).toBe(204)
    expect(String(out.headers['set-cookie'])).toContain('__Host-access_token=;')
  })

  it('move from a cookie of any name to cookies of this module', async () => {
    const auth = JwtAuthModule.forRoot({
      secret: SECRET,
      legacyTokens,
      identityLoader: Users,
      locations: ['cookie'],
      cookies: { accessToken: { name: 'jwt' } },
      sessionStore: InMemorySessionStore,
    })
    const parts = { providers: [Users], controllers: [CookieController] }
    const shop = await startApp(adapter, { imports: [auth], ...parts }, { clock })
    const send = (path: string, cookie: string, method = 'GET') =>
      shop.send({
        method,
        path,
        headers: [
          ['Cookie', cookie],
          ['Origin', `http://127.0.0.1:${shop.port}`],
        ],
      })
    expect(await send('/cookie', `jwt=${formerToken()}`)).toMatchObject({ status: 200, body: { sub: '7' } })
    const moved = await send('/cookie', `jwt=${formerToken()}`, 'POST')
    const access = moved.headers['set-cookie']?.find((cookie) => cookie.startsWith('jwt=ey')) ?? ''
    expect(await send('/cookie', access.split(';')[0] ?? '')).toMatchObject({
      status: 200,
      body: { sub: '7' },
    })
    expect(readToken(access.slice('jwt='.length)).header).toMatchObject({ typ: 'at+jwt' })
  })

  it('nothing of a legacy token makes a 500', async () => {
    const { header, claims } = readToken(formerToken())
    const odd = [
      { sub: { toString: 1 } },
      { sub: [] },
      { exp: '1' },
      { exp: -1 },
      { iat: [] },
      { aud: [1] },
      { iss: 5 },
      { sid: {} },
      { jti: [] },
      { auth_time: 'x' },
      JSON.parse('{"__proto__":{"sub":"1"}}') as object,
      JSON.parse('{"constructor":1,"toString":2,"then":3}') as object,
    ]
    for (const change of odd) {
      const text = forgeToken(header, { ...claims, ...change }, FORMER_SECRET)
      for (const path of ['/claims', '/user', '/optional', '/admin']) {
        expect((await app.get(path, text)).status).toBeLessThan(500)
      }
      expect((await app.post('/exchange', {}, text)).status).toBeLessThan(500)
      expect((await app.post('/auth/logout', {}, text)).status).toBeLessThan(500)
    }
  })
})
