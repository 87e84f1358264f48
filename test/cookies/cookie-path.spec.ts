import { RequestMethod, VERSION_NEUTRAL, VersioningType, type INestApplication } from '@nestjs/common'
import { describe, expect, it } from '@jest/globals'
import { adapters } from '../support/adapters.js'
import { ada, Doorman, everyRoute } from '../endpoints/app.js'
import { startCookies, type Settings } from './app.js'
import { Browser, cookiesOf, SITE } from './browser.js'

const uri = VersioningType.URI

interface Case {
  name: string
  configure: (app: INestApplication) => unknown
  /** Of the refresh cookie. */
  path: string
  /** Every base under which the routes are. */
  bases: string[]
  settings?: Settings
}

const endpointsAt = (path: string): Settings => ({
  endpoints: { authenticator: Doorman, ...everyRoute, path },
})

const cases: Case[] = [
  { name: 'nothing', configure: () => {}, path: '/auth', bases: ['/auth'] },
  {
    name: 'a global prefix',
    configure: (app) => app.setGlobalPrefix('/api/shop/'),
    path: '/api/shop/auth',
    bases: ['/api/shop/auth'],
  },
  {
    name: 'URI versions without a default',
    configure: (app) => app.enableVersioning({ type: uri }),
    path: '/auth',
    bases: ['/auth'],
  },
  {
    name: 'a default version',
    configure: (app) => app.enableVersioning({ type: uri, defaultVersion: '1' }),
    path: '/v1/auth',
    bases: ['/v1/auth'],
  },
  {
    name: 'a neutral default version and a prefix',
    configure: (app) =>
      app.setGlobalPrefix('api').enableVersioning({ type: uri, defaultVersion: VERSION_NEUTRAL }),
    path: '/api/auth',
    bases: ['/api/auth'],
  },
  {
    name: 'several default versions',
    configure: (app) => app.enableVersioning({ type: uri, defaultVersion: ['1', '2'] }),
    path: '/',
    bases: ['/v1/auth', '/v2/auth'],
  },
  {
    name: 'several default versions, one of them neutral, and a prefix',
    configure: (app) =>
      app.setGlobalPrefix('api').enableVersioning({ type: uri, defaultVersion: ['1', VERSION_NEUTRAL] }),
    path: '/api',
    bases: ['/api/v1/auth', '/api/auth'],
  },
  {
    name: 'one default version in a list, with a prefix of its own',
    configure: (app) => app.enableVersioning({ type: uri, defaultVersion: ['2'], prefix: 'version-' }),
    path: '/version-2/auth',
    bases: ['/version-2/auth'],
  },
  {
    name: 'versions without a prefix of their own',
    configure: (app) => app.enableVersioning({ type: uri, defaultVersion: '3', prefix: false }),
    path: '/3/auth',
    bases: ['/3/auth'],
  },
  {
    name: 'versions in a header',
    configure: (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
    path: '/auth',
    bases: ['/auth'],
  },
  {
    name: 'routes that the prefix leaves out',
    configure: (app) => app.setGlobalPrefix('api', { exclude: ['auth/{*rest}'] }),
    path: '/auth',
    bases: ['/auth'],
  },
  {
    name: 'a prefix that leaves out other routes and methods',
    configure: (app) =>
      app.setGlobalPrefix('api', {
        exclude: ['health', { path: 'auth/refresh', method: RequestMethod.GET }],
      }),
    path: '/api/auth',
    bases: ['/api/auth'],
  },
  {
    name: 'a prefix that is a parameter',
    configure: (app) => app.setGlobalPrefix('shops/:shop'),
    path: '/shops',
    bases: ['/shops/1/auth'],
  },
  {
    name: 'a path of their own',
    configure: (app) => app.setGlobalPrefix('api'),
    path: '/api/account/sign-in',
    bases: ['/api/account/sign-in'],
    settings: endpointsAt('account/sign-in'),
  },
  {
    name: 'no path of their own',
    configure: () => {},
    path: '/',
    bases: [''],
    settings: endpointsAt(''),
  },
]

describe.each(adapters)('the refresh cookie on $name', (adapter) => {
  it.each(cases)('is sent to refresh and logout with $name', async ({ configure, path, bases, settings }) => {
    const app = await startCookies(adapter, settings, { configure })
    const browser = new Browser(app)
    const [base = ''] = bases

    const login = await browser.post(`${base}/login`, ada)
    expect(cookiesOf(login).get('__Secure-refresh_token')?.attributes['path']).toBe(path)

    for (const at of bases) {
      const refreshed = await browser.post(`${at}/refresh`)
      expect(refreshed).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
      expect(browser.jar.names()).toHaveLength(2)
    }
    for (const at of bases) {
      expect(browser.jar.header(`${SITE}${at}/logout`)).toContain('__Secure-refresh_token=')
    }
    expect((await browser.post(`${bases.at(-1)}/logout`)).status).toBe(204)
    expect(browser.jar.names()).toEqual([])
    expect((await browser.post(`${base}/refresh`)).status).toBe(401)
  })

  it('is sent nowhere else', async () => {
    const app = await startCookies(adapter, {}, { configure: (nest) => nest.setGlobalPrefix('api') })
    const browser = new Browser(app)
    await browser.post('/api/auth/login', ada)

    for (const path of ['/', '/api', '/api/me', '/api/authors', '/auth/refresh', '/api/AUTH/refresh']) {
      expect(browser.jar.header(SITE + path)).toMatch(/^__Host-access_token=[\w.-]+$/)
    }
  })
})
