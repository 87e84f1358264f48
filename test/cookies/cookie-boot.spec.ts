import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { InMemorySessionStore, JwtAuthConfigError, JwtAuthModule } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import type { Settings } from './app.js'

/** The paths of what is wrong, in order; none where the app starts. */
async function problems(settings: object): Promise<string[]> {
  const auth = JwtAuthModule.forRoot({
    secret: SECRET,
    sessionStore: InMemorySessionStore,
    ...(settings as Settings),
  })
  try {
    await startModule({ imports: [auth] })
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(JwtAuthConfigError)
    return (error as JwtAuthConfigError).problems.map(({ path }) => path)
  }
}

describe('cookie options that contradict themselves, or the browsers', () => {
  it.each<[path: string, settings: object]>([
    ['cookies', { cookies: true }],
    ['cookies', { cookies: null }],
    ['cookies.Secure', { cookies: { Secure: true } }],
    ['cookies.secure', { cookies: { secure: 'false' } }],
    ['cookies.secure', { cookies: { secure: null } }],
    ['cookies.secure', { cookies: { secure: 0 } }],
    ['cookies.sameSite', { cookies: { sameSite: 'Lax' } }],
    ['cookies.sameSite', { cookies: { sameSite: true } }],
    ['cookies.sameSite', { cookies: { sameSite: 'none', secure: false } }],
    ['cookies.domain', { cookies: { domain: '' } }],
    ['cookies.domain', { cookies: { domain: 'https://example.com' } }],
    ['cookies.domain', { cookies: { domain: 'example.com; Path=/evil' } }],
    ['cookies.domain', { cookies: { domain: 'example.com:443' } }],
    ['cookies.accessToken', { cookies: { accessToken: 'sid' } }],
    ['cookies.accessToken.maxAge', { cookies: { accessToken: { maxAge: 1 } } }],
    ['cookies.accessToken.name', { cookies: { accessToken: { name: '' } } }],
    ['cookies.accessToken.name', { cookies: { accessToken: { name: 'a b' } } }],
    ['cookies.accessToken.name', { cookies: { accessToken: { name: 'a=b' } } }],
    ['cookies.accessToken.name', { cookies: { accessToken: { name: 'a;b' } } }],
    ['cookies.accessToken.name', { cookies: { accessToken: { name: 'Keks\u00e9' } } }],
    ['cookies.accessToken.path', { cookies: { accessToken: { name: 'a', path: 'api' } } }],
    ['cookies.accessToken.path', { cookies: { accessToken: { name: 'a', path: '/a; Domain=x' } } }],
    ['cookies.refreshToken.path', { cookies: { refreshToken: { path: '' } } }],
    // RFC 6265bis: __Host- wants secure, the path / and no domain; __Secure- wants secure; the case is no matter.
    ['cookies.accessToken.name', { cookies: { accessToken: { name: '__Host-a', path: '/api' } } }],
    ['cookies.accessToken.name', { cookies: { domain: 'a.example', accessToken: { name: '__Host-a' } } }],
    ['cookies.accessToken.name', { cookies: { secure: false, accessToken: { name: '__Host-a' } } }],
    ['cookies.accessToken.name', { cookies: { secure: false, accessToken: { name: '__Secure-a' } } }],
    ['cookies.refreshToken.name', { cookies: { refreshToken: { name: '__Host-r', path: '/a' } } }],
    ['cookies.refreshToken.name', { cookies: { refreshToken: { name: '__hOST-r', path: '/a' } } }],
    ['cookies.refreshToken.name', { cookies: { secure: false, refreshToken: { name: '__SECURE-r' } } }],
    ['cookies', { cookies: { accessToken: { name: 'a' }, refreshToken: { name: 'a' } } }],
    ['cookies', { cookies: { refreshToken: { name: 'csrf_token' } }, csrf: { doubleSubmit: true } }],
    ['cookies.accessToken.name', { cookies: { accessToken: { name: 'refresh_token' } } }],
    ['cookies.accessToken.name', { cookies: { accessToken: { name: '__Secure-refresh_token' } } }],
    [
      'cookies.accessToken.name',
      { cookies: { accessToken: { name: 'refresh_token' }, refreshToken: { name: 'rt' } } },
    ],
    ['cookies.refreshToken.name', { cookies: { refreshToken: { name: 'access_token' } } }],
    ['cookies.refreshToken', { cookies: { refreshToken: { name: 'r' } }, refreshToken: false }],
    ['csrf', { csrf: true }],
    ['csrf.doublesubmit', { csrf: { doublesubmit: true } }],
    ['csrf.doubleSubmit', { csrf: { doubleSubmit: 'true' } }],
    ['csrf.doubleSubmit', { csrf: { doubleSubmit: 1 } }],
    ['csrf.doubleSubmit', { csrf: { doubleSubmit: null } }],
    ['csrf.trustedOrigins', { csrf: { trustedOrigins: null } }],
    ['csrf.secret', { csrf: { secret: null } }],
    ['csrf.secret', { csrf: { secret: 7 } }],
    ['csrf.secret', { csrf: { secret: 'too short' } }],
    ['csrf.secret', { csrf: { secret: 'x'.repeat(64) } }],
    ['csrf', { locations: ['header'], csrf: {} }],
    ['csrf', { locations: ['header', 'body'], csrf: { doubleSubmit: true } }],
    ['cookies.domain', { cookies: { domain: null } }],
    ['cookies.sameSite', { cookies: { sameSite: null } }],
    ['cookies.accessToken', { cookies: { accessToken: null } }],
    ['cookies.accessToken.name', { cookies: { accessToken: { name: null } } }],
    ['cookies.refreshToken.path', { cookies: { refreshToken: { name: 'r', path: null } } }],
    ['csrf.trustedOrigins', { csrf: { trustedOrigins: 'https://app.example' } }],
    ['locations[0]', { locations: ['cookies'] }],
    ['locations[0]', { locations: [{ cookie: 'sid' }] }],
    ['locations[0]', { locations: [null] }],
    ['locations[0]', { locations: [{ query: 5 }] }],
    ['locations[0]', { locations: [{ query: 'token', scheme: 'Bearer' }] }],
    ['locations[0]', { locations: [{ header: 5 }] }],
    ['locations[0]', { locations: [{ header: 'x-token', scheme: 'one two' }] }],
    ['locations[0]', { locations: [{ header: 'cookie', scheme: null }] }],
    ['locations[0]', { locations: [{ header: 'Cookie' }] }],
  ])('%s is reported for %j', async (path, settings) => {
    expect(await problems({ locations: ['cookie'], ...settings })).toEqual([path])
  })

  it.each([
    'https://app.example/',
    'https://app.example/path',
    'https://app.example?a',
    'https://App.example',
    'https://app.example:443',
    'http://app.example:80',
    'https://user@app.example',
    'https://*.example.com',
    'app.example',
    '//app.example',
    'null',
    '*',
    '',
    'data:text/plain,a',
    null,
    /example/,
  ])('%p is no origin to trust', async (origin) => {
    const trustedOrigins = ['https://good.example', origin]
    expect(await problems({ locations: ['cookie'], csrf: { trustedOrigins } })).toEqual([
      'csrf.trustedOrigins[1]',
    ])
  })

  it.each(['https://app.example', 'http://localhost:5173', 'https://[::1]:8443', 'capacitor://localhost'])(
    '%s is an origin to trust',
    async (origin) => {
      expect(await problems({ locations: ['cookie'], csrf: { trustedOrigins: [origin] } })).toEqual([])
    },
  )

  it.each<object>([
    {},
    { cookies: {} },
    { cookies: { secure: undefined, sameSite: undefined, domain: undefined, accessToken: undefined } },
    { cookies: { domain: 'example.com', refreshToken: { path: '/' } } },
    { cookies: { refreshToken: { name: '__Host-r', path: '/' } } },
    { cookies: { secure: false, sameSite: 'strict' } },
    { cookies: { sameSite: 'none' }, csrf: { doubleSubmit: false } },
    { cookies: { refreshToken: { name: 'csrf_token' } } },
    { cookies: { accessToken: { path: '/api' }, refreshToken: { path: '/api' } } },
    { csrf: { doubleSubmit: true, secret: randomBytes(32) } },
    { csrf: { secret: randomBytes(32).toString('base64url') } },
  ])('nothing is wrong with %j', async (settings) => {
    expect(await problems({ locations: ['cookie'], ...settings })).toEqual([])
  })

  it('are reported all together', async () => {
    expect(
      await problems({
        cookies: { secure: 0, sameSite: 'no', domain: '-', accessToken: { path: 'x' } },
        csrf: { trustedOrigins: ['*'], doubleSubmit: 2 },
      }),
    ).toEqual(
      expect.arrayContaining([
        'cookies.secure',
        'cookies.sameSite',
        'cookies.domain',
        'cookies.accessToken.path',
        'csrf.trustedOrigins[0]',
        'csrf.doubleSubmit',
      ]),
    )
  })
})

describe('in production', () => {
  const before = process.env['NODE_ENV']

  beforeEach(() => {
    process.env['NODE_ENV'] = 'production'
  })

  afterEach(() => {
    if (before === undefined) delete process.env['NODE_ENV']
    else process.env['NODE_ENV'] = before
  })

  it('cookies without Secure do not start', async () => {
    expect(await problems({ locations: ['cookie'], cookies: { secure: false } })).toEqual(['cookies.secure'])
    expect(await problems({ locations: ['cookie'], cookies: { secure: true } })).toEqual([])
    expect(await problems({ locations: ['cookie'] })).toEqual([])
  })
})
