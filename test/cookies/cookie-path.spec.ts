import { Module, RequestMethod, VERSION_NEUTRAL, VersioningType, type INestApplication } from '@nestjs/common'
import { RouterModule } from '@nestjs/core'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule } from '@nest-jwt-auth/core'
import { adapters, startApp } from '../support/adapters.js'
import { ada, Doorman, everyRoute } from '../endpoints/app.js'
import { cookieApp, startCookies, type Settings } from './app.js'
import { Browser, cookiesOf, SITE } from './browser.js'
import { CookieJar } from './cookie-jar.js'
import { access, refresh } from './token-cookies.js'

const uri = VersioningType.URI

interface Case {
  name: string
  configure: (app: INestApplication) => unknown
  /** Every base under which the routes are. */
  bases: string[]
  settings?: Settings
}

const endpointsAt = (path: string): Settings => ({
  endpoints: { authenticator: Doorman, ...everyRoute, path },
})

const cases: Case[] = [
  { name: 'nothing', configure: () => {}, bases: ['/auth'] },
  {
    name: 'a global prefix',
    configure: (app) => app.setGlobalPrefix('/api/shop/'),
    bases: ['/api/shop/auth'],
  },
  {
    name: 'URI versions without a default',
    configure: (app) => app.enableVersioning({ type: uri }),
    bases: ['/auth'],
  },
  {
    name: 'a default version',
    configure: (app) => app.enableVersioning({ type: uri, defaultVersion: '1' }),
    bases: ['/v1/auth'],
  },
  {
    name: 'a neutral default version and a prefix',
    configure: (app) =>
      app.setGlobalPrefix('api').enableVersioning({ type: uri, defaultVersion: VERSION_NEUTRAL }),
    bases: ['/api/auth'],
  },
  {
    name: 'several default versions',
    configure: (app) => app.enableVersioning({ type: uri, defaultVersion: ['1', '2'] }),
    bases: ['/v1/auth', '/v2/auth'],
  },
  {
    name: 'several default versions, one of them neutral, and a prefix',
    configure: (app) =>
      app.setGlobalPrefix('api').enableVersioning({ type: uri, defaultVersion: ['1', VERSION_NEUTRAL] }),
    bases: ['/api/v1/auth', '/api/auth'],
  },
  {
    name: 'one default version in a list, with a prefix of its own',
    configure: (app) => app.enableVersioning({ type: uri, defaultVersion: ['2'], prefix: 'version-' }),
    bases: ['/version-2/auth'],
  },
  {
    name: 'versions without a prefix of their own',
    configure: (app) => app.enableVersioning({ type: uri, defaultVersion: '3', prefix: false }),
    bases: ['/3/auth'],
  },
  {
    name: 'versions in a header',
    configure: (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
    bases: ['/auth'],
  },
  {
    name: 'routes that the prefix leaves out',
    configure: (app) => app.setGlobalPrefix('api', { exclude: ['auth/{*rest}'] }),
    bases: ['/auth'],
  },
  {
    name: 'a prefix that leaves out other routes and methods',
    configure: (app) =>
      app.setGlobalPrefix('api', {
        exclude: ['health', { path: 'auth/refresh', method: RequestMethod.GET }],
      }),
    bases: ['/api/auth'],
  },
  {
    name: 'a prefix that is a parameter',
    configure: (app) => app.setGlobalPrefix('shops/:shop'),
    bases: ['/shops/1/auth'],
  },
  {
    name: 'a path of their own',
    configure: (app) => app.setGlobalPrefix('api'),
    bases: ['/api/account/sign-in'],
    settings: endpointsAt('account/sign-in'),
  },
  {
    name: 'no path of their own',
    configure: () => {},
    bases: [''],
    settings: endpointsAt(''),
  },
]

@Module({})
class Nowhere {}

describe.each(adapters)('the refresh cookie on $name', (adapter) => {
  it.each(cases)('is sent to refresh and logout with $name', async ({ configure, bases, settings }) => {
    const app = await startCookies(adapter, settings, { configure })
    const browser = new Browser(app)
    const [base = ''] = bases

    const login = await browser.post(`${base}/login`, ada)
    expect(cookiesOf(login).get(refresh)?.attributes['path']).toBe('/')

    for (const at of bases) {
      const refreshed = await browser.post(`${at}/refresh`)
      expect(refreshed).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
      expect(browser.jar.names()).toEqual([access, refresh])
    }
    expect((await browser.post(`${bases.at(-1)}/logout`)).status).toBe(204)
    expect(browser.jar.names()).toEqual([])
    expect((await browser.post(`${base}/refresh`)).status).toBe(401)
  })

  it('is sent where RouterModule moves the routes to', async () => {
    const { imports = [], ...metadata } = cookieApp()
    const [auth] = imports
    const routes = RouterModule.register([
      { path: 'gate', module: JwtAuthModule },
      { path: 'x', module: Nowhere },
    ])
    const app = await startApp(adapter, { ...metadata, imports: [auth!, Nowhere, routes] })
    const browser = new Browser(app)

    expect((await browser.post('/gate/auth/login', ada)).status).toBe(200)
    expect((await browser.post('/gate/auth/refresh')).status).toBe(200)
    expect((await browser.post('/gate/auth/logout')).status).toBe(204)
    expect(browser.jar.names()).toEqual([])
  })

  it('is sent where a proxy moves the routes to', async () => {
    const app = await startCookies(adapter)
    const jar = new CookieJar()
    const behindProxy = async (path: string, body?: unknown) => {
      const url = `${SITE}/shop${path}`
      const cookie = jar.header(url)
      const headers: [string, string][] = [['Sec-Fetch-Site', 'same-origin']]
      if (cookie !== undefined) headers.push(['Cookie', cookie])
      const answer = await app.send({ method: 'POST', path, body, headers })
      jar.store(url, answer.headers['set-cookie'] ?? [])
      return answer.status
    }

    expect(await behindProxy('/auth/login', ada)).toBe(200)
    expect(await behindProxy('/auth/refresh')).toBe(200)
    expect(await behindProxy('/auth/logout')).toBe(204)
    expect(jar.names()).toEqual([])
  })

  it('cannot be planted by a sibling domain', async () => {
    const app = await startCookies(adapter)
    const browser = new Browser(app)
    await browser.post('/auth/login', ada)
    browser.jar.store('https://evil.shop.example/', [
      `${refresh}=planted; Domain=shop.example; Path=/; Secure`,
      `${refresh}=planted; Domain=shop.example; Path=/auth; Secure`,
    ])

    expect((await browser.post('/auth/refresh')).status).toBe(200)
  })
})
