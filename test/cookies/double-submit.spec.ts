import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { Controller, HttpCode, Inject, Injectable, Post, Res } from '@nestjs/common'
import {
  AuthCookies,
  ClaimsLoader,
  InMemorySessionStore,
  JwtAuthModule,
  TokenService,
  type ClaimsLoaderContext,
  type JwtKey,
} from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { refused } from '../support/refusals.js'
import { ada, ben } from '../endpoints/app.js'
import { startCookies, type Settings } from './app.js'
import { Browser, SITE } from './browser.js'

const csrfFailed = refused(403, 'csrf_failed')
const doubleSubmit: Settings = { csrf: { doubleSubmit: true } }

/** A page that repeats its readable cookie in the header, or sends another value. */
function submit(browser: Browser, path: string, value = browser.cookie('csrf_token')) {
  const headers: [string, string][] = value === undefined ? [] : [['X-CSRF-Token', value]]
  return browser.send({ method: 'POST', path, headers })
}

describe.each(adapters)('the double submit on $name', (adapter) => {
  let app: RunningApp

  const loggedIn = async (user: object = ada, on = app): Promise<Browser> => {
    const browser = new Browser(on)
    expect((await browser.post('/auth/login', user)).status).toBe(200)
    return browser
  }

  beforeAll(async () => {
    app = await startCookies(adapter, doubleSubmit)
  })

  it('asks nothing of a login, before which there is no session', async () => {
    const browser = await loggedIn()
    expect(browser.cookie('csrf_token')).toMatch(/^[\w-]{43}$/)
  })

  it.each(['/me', '/auth/refresh', '/auth/logout', '/auth/logout-all'])(
    'is demanded by POST %s',
    async (path) => {
      const browser = await loggedIn()
      const other = await loggedIn(ben)

      expect(await browser.post(path)).toMatchObject(csrfFailed)
      expect(await submit(browser, path, 'guess')).toMatchObject(csrfFailed)
      expect(await submit(browser, path, other.cookie('csrf_token'))).toMatchObject(csrfFailed)
      expect((await browser.get('/me')).status).toBe(200)
      expect((await submit(browser, path)).status).toBeLessThan(300)
    },
  )

  it('is demanded of a refresh by the cookie alone, not by the body', async () => {
    const { refreshToken: refresh_token = '' } = await app.tokens.issue('ada')
    const refreshWith = (more: object, ...cookies: [string, string][]) => {
      const headers: [string, string][] = [['Sec-Fetch-Site', 'same-origin'], ...cookies]
      return app.send({ method: 'POST', path: '/auth/refresh', headers, ...more })
    }

    const byCookie = await refreshWith({}, ['Cookie', `__Host-refresh_token=${refresh_token}`])
    expect(byCookie).toMatchObject(csrfFailed)
    expect((await refreshWith({ body: { refresh_token } })).status).toBe(200)
  })

  it('holds for the whole session, however often it is refreshed', async () => {
    const browser = await loggedIn()
    const first = browser.cookie('csrf_token')
    for (let round = 0; round < 3; round++) expect((await submit(browser, '/auth/refresh')).status).toBe(200)

    expect(browser.cookie('csrf_token')).toBe(first)
    expect((await submit(browser, '/me')).status).toBe(200)
  })

  it('does not take the value of an earlier session of the same user', async () => {
    const browser = await loggedIn()
    const before = browser.cookie('csrf_token')
    await browser.post('/auth/login', ada)

    expect(browser.cookie('csrf_token')).not.toBe(before)
    expect(await submit(browser, '/me', before)).toMatchObject(csrfFailed)
  })

  it('does not take a value that a neighbouring domain planted with its cookie', async () => {
    const victim = await loggedIn()
    const attacker = await loggedIn(ben)
    const planted = attacker.cookie('csrf_token') ?? ''
    victim.jar.store(SITE, [`csrf_token=${planted}; Path=/; Secure`])

    expect(await submit(victim, '/me', planted)).toMatchObject(csrfFailed)
  })

  it('takes neither a repeated cookie nor a repeated header', async () => {
    const browser = await loggedIn()
    const value = browser.cookie('csrf_token') ?? ''
    for (const first of [value, '']) {
      const twice = await browser.send({
        method: 'POST',
        path: '/me',
        headers: [
          ['X-CSRF-Token', first],
          ['X-CSRF-Token', value],
        ],
      })
      expect(twice).toMatchObject(csrfFailed)
    }

    browser.jar.store('https://shop.example/me', [`csrf_token=${value}; Path=/me; Secure`])
    expect(await submit(browser, '/me', value)).toMatchObject(csrfFailed)
  })

  it('is missing where neither a cookie nor a header has a value', async () => {
    const browser = await loggedIn()
    browser.jar.store(SITE, ['csrf_token=; Path=/; Secure; Max-Age=0'])

    expect(await browser.post('/me')).toMatchObject(csrfFailed)
  })

  it('takes no header that differs from the cookie, even if the session has both', async () => {
    const browser = await loggedIn()
    const value = browser.cookie('csrf_token') ?? ''

    expect(await submit(browser, '/me', `another.${value}`)).toMatchObject(csrfFailed)
    browser.jar.store(SITE, [`csrf_token=another.${value}; Path=/; Secure`])
    expect((await submit(browser, '/me', `another.${value}`)).status).toBe(200)
  })

  it('of one of two sessions is enough for a logout, which ends both', async () => {
    const [left, current] = [await loggedIn(), await loggedIn(ben)]
    const cookiesOf = ({ jar }: Browser) => (jar.header(`${SITE}/auth/logout`) ?? '').split('; ')
    const tokens = cookiesOf(left).filter((cookie) => !cookie.startsWith('csrf_token='))
    const cookies = [...tokens, ...cookiesOf(current)].join('; ')
    const headers: [string, string][] = [
      ['Sec-Fetch-Site', 'same-origin'],
      ['Cookie', cookies],
      ['X-CSRF-Token', current.cookie('csrf_token') ?? ''],
    ]

    expect((await app.send({ method: 'POST', path: '/auth/logout', headers })).status).toBe(204)
    for (const browser of [left, current]) expect((await browser.get('/me')).status).toBe(401)
  })

  it('does not stand in for the origin', async () => {
    const browser = await loggedIn()
    const headers: [string, string][] = [['X-CSRF-Token', browser.cookie('csrf_token') ?? '']]

    expect(await browser.send({ method: 'POST', path: '/me', headers }, 'same-site')).toMatchObject(
      csrfFailed,
    )
  })

  it('is cleared at logout, which can be repeated', async () => {
    const browser = await loggedIn()

    expect((await submit(browser, '/auth/logout')).status).toBe(204)
    expect(browser.jar.names()).toEqual([])
    expect((await browser.post('/auth/logout')).status).toBe(204)
  })

  it('is bound to the token where there is no session', async () => {
    const alone = await startCookies(adapter, { ...doubleSubmit, refreshToken: false })
    const [browser, other] = [new Browser(alone), new Browser(alone)]
    for (const each of [browser, other]) expect((await each.post('/own/token')).status).toBe(204)

    expect((await submit(browser, '/me')).status).toBe(200)
    expect(await submit(browser, '/me', other.cookie('csrf_token'))).toMatchObject(csrfFailed)
    expect((await submit(await loggedIn(ada, alone), '/me')).status).toBe(200)
  })
})

const hmac = (): JwtKey => ({ algorithm: 'HS256', secret: randomBytes(32) })
const pair = (): JwtKey => ({ algorithm: 'EdDSA', privateKey: generateKeyPairSync('ed25519').privateKey })

describe.each(adapters)('the double submit, when keys rotate, on $name', (adapter) => {
  it.each([
    { name: 'secrets', old: hmac(), next: hmac() },
    { name: 'key pairs', old: pair(), next: pair() },
    { name: 'a secret for a key pair', old: hmac(), next: pair() },
  ])('stands while the old key is listed: $name', async ({ old, next }) => {
    const sessionStore = { useValue: new InMemorySessionStore() }
    const start = (keys: JwtKey[]) =>
      startCookies(adapter, { ...doubleSubmit, sessionStore, secret: undefined, keys })
    const [before, during, after] = [await start([old]), await start([next, old]), await start([next])]
    const browser = new Browser(before)
    await browser.post('/auth/login', ada)
    const later = new Browser(during, browser.jar)

    expect((await submit(later, '/me')).status).toBe(200)
    const value = browser.cookie('csrf_token')
    expect((await submit(later, '/auth/refresh')).status).toBe(200)
    expect(later.cookie('csrf_token')).not.toBe(value)
    expect((await submit(later, '/me')).status).toBe(200)

    const last = new Browser(after, browser.jar)
    expect((await submit(last, '/me')).status).toBe(200)
    expect(await submit(last, '/me', value)).toMatchObject(csrfFailed)
  })
})

describe.each(adapters)('the double submit with a secret of its own on $name', (adapter) => {
  const sessionStore = { useValue: new InMemorySessionStore() }
  const secret = randomBytes(32)
  const start = (keys: JwtKey[], own?: Uint8Array | string) =>
    startCookies(adapter, {
      csrf: { doubleSubmit: true, ...(own === undefined ? {} : { secret: own }) },
      sessionStore,
      secret: undefined,
      keys,
    })

  it('outlives the keys that sign', async () => {
    const [old, next] = [hmac(), hmac()]
    const browser = new Browser(await start([old], secret))
    await browser.post('/auth/login', ada)
    const value = browser.cookie('csrf_token')
    const later = new Browser(await start([next, old], secret), browser.jar)

    expect((await submit(later, '/auth/refresh')).status).toBe(200)
    expect(later.cookie('csrf_token')).toBe(value)
    const last = new Browser(await start([next], secret), browser.jar)
    expect((await submit(last, '/me', value)).status).toBe(200)
  })

  it('may be set later, and signs nobody out', async () => {
    const key = hmac()
    const browser = new Browser(await start([key]))
    await browser.post('/auth/login', ada)
    const later = new Browser(await start([key], secret.toString('base64url')), browser.jar)

    expect((await submit(later, '/me')).status).toBe(200)
    expect((await submit(later, '/auth/refresh')).status).toBe(200)
  })

  it('takes nothing that another secret made', async () => {
    const key = hmac()
    const browser = new Browser(await start([key], randomBytes(32)))
    await browser.post('/auth/login', ada)
    const other = new Browser(await start([key], secret), browser.jar)

    expect(await submit(other, '/me')).toMatchObject(csrfFailed)
  })
})

/** The access token says nothing of the session, so that the two tokens have nothing in common but their subject. */
@Injectable()
class BareClaims implements ClaimsLoader {
  loadClaims(_: unknown, { kind, claims }: ClaimsLoaderContext) {
    const { sub, exp } = claims as { sub: string; exp: number }
    return kind === 'access' ? { sub, exp } : {}
  }
}

@Controller('own')
class LoginController {
  constructor(
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(AuthCookies) private readonly cookies: AuthCookies,
  ) {}

  @Post('login')
  @HttpCode(204)
  async login(@Res({ passthrough: true }) response: unknown) {
    this.cookies.set(response, await this.tokens.issue('ada'))
  }

  /** A plain object with the same members. */
  @Post('copied')
  @HttpCode(204)
  async copied(@Res({ passthrough: true }) response: unknown) {
    const { access_token, refresh_token = '' } = await this.tokens.issue('ada')
    this.cookies.set(response, { access_token, refresh_token })
  }
}

const logins = adapters.flatMap((adapter) =>
  ['/own/login', '/own/copied'].map((login) => ({ adapter, login })),
)

it.each(logins)(
  "holds for both tokens of $login under claimsMode 'replace' on $adapter.name",
  async (one) => {
    const { adapter, login } = one
    const auth = JwtAuthModule.forRoot({
      secret: randomBytes(32),
      locations: ['cookie'],
      claimsMode: 'replace',
      claimsLoader: BareClaims,
      endpoints: { refresh: true, logout: true, logoutAll: true },
      ...doubleSubmit,
    })
    const app = await startApp(adapter, {
      imports: [auth],
      providers: [BareClaims],
      controllers: [LoginController],
    })
    const browser = new Browser(app)
    await browser.post(login)

    expect(await submit(browser, '/auth/refresh', 'guess')).toMatchObject(csrfFailed)
    expect((await submit(browser, '/auth/refresh')).status).toBe(200)
    expect((await submit(browser, '/auth/logout')).status).toBe(204)
    await browser.post(login)
    expect(await submit(browser, '/auth/logout-all', 'guess')).toMatchObject(csrfFailed)
    expect((await submit(browser, '/auth/logout-all')).status).toBe(204)
  },
)

/** The payload of an access token is what `options.claims.payload` says. */
const payloadOfOptions = {
  loadClaims: (_: unknown, { claims }: ClaimsLoaderContext) => {
    const { exp, payload } = claims as { exp?: number; payload?: object }
    return { exp, ...payload }
  },
}

it.each(adapters)('takes no value for any other claim than that of the token on $name', async (adapter) => {
  const app = await startCookies(adapter, {
    ...doubleSubmit,
    refreshToken: false,
    claimsMode: 'replace',
    claimsLoader: { useValue: payloadOfOptions },
  })
  const payloads = [
    { sub: 'same' },
    { sub: 'other' },
    { sub: 'ada', jti: 'same' },
    { sub: 'ada', sid: 'same' },
  ]
  const browsers = await Promise.all(
    payloads.map(async (payload) => {
      const browser = new Browser(app)
      expect((await browser.post('/own/token', { claims: { payload } })).status).toBe(204)
      return browser
    }),
  )
  const values = browsers.map((browser) => browser.cookie('csrf_token') ?? '')
  for (const [own, browser] of browsers.entries()) {
    for (const [at, value] of values.entries()) {
      browser.jar.store(SITE, [`csrf_token=${value}; Path=/; Secure`])
      expect(await submit(browser, '/me', value)).toMatchObject(at === own ? { status: 200 } : csrfFailed)
    }
  }
})
