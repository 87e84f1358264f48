import { beforeAll, describe, expect, it } from '@jest/globals'
import { adapters, type RunningApp } from '../support/adapters.js'
import { breakSignature } from '../support/forge.js'
import { malformed, missing } from '../support/locations.js'
import { refused } from '../support/refusals.js'
import type { Answer } from '../support/http.js'
import { startCookies } from './app.js'

const forged = refused(401, 'token_signature_invalid')
const ada = { body: { sub: 'ada' } }
const nobody = { body: { sub: 'nobody' } }
const name = '__Host-access_token'

type Headers = [name: string, value: string][]
const cookie = (value: string): Headers => [['Cookie', value]]
const issue = (app: RunningApp): Promise<string> => app.tokens.issueAccessToken('ada')
const bearer = (token: string): Headers => [['Authorization', `Bearer ${token}`]]

describe.each(adapters)("the location 'cookie' on $name", (adapter) => {
  let app: RunningApp
  let good: string
  let bad: string

  const get = (headers: Headers, path = '/me', on = app): Promise<Answer> => on.send({ path, headers })

  beforeAll(async () => {
    app = await startCookies(adapter)
    good = await issue(app)
    bad = breakSignature(good)
  })

  it('takes the token from the cookie, wherever in the header it stands', async () => {
    for (const header of [
      `${name}=${good}`,
      `a=1; ${name}=${good}; b=2`,
      `a=1;${name}=${good};b=2`,
      `a=1;\t ${name}=${good} \t`,
      `${name}=${good}\t ;b=2`,
      `odd; =x; a="b; ${name}=${good}`,
    ]) {
      expect(await get(cookie(header))).toMatchObject(ada)
    }
  })

  it('takes it from any of several Cookie headers', async () => {
    expect(await get([...cookie('a=1'), ...cookie(`${name}=${good}`), ...cookie('b=2')])).toMatchObject(ada)
  })

  it('finds nothing without the cookie, or in an empty one', async () => {
    expect(await get([])).toMatchObject(missing)
    expect(await get(cookie(''))).toMatchObject(missing)
    expect(await get(cookie(`${name}=`))).toMatchObject(missing)
    expect(await get(cookie(name))).toMatchObject(missing)
    expect(await get([], '/me/optional')).toMatchObject(nobody)
  })

  it('refuses two cookies of the name, in one header or two, equal or not', async () => {
    const pairs = [good, bad, ''].flatMap((one) => [good, bad, ''].map((other) => [one, other]))
    for (const [one, other] of pairs) {
      const [first, second] = [`${name}=${one}`, `${name}=${other}`]
      expect(await get(cookie(`${first}; a=1; ${second}`))).toMatchObject(malformed)
      expect(await get([...cookie(first), ...cookie(second)])).toMatchObject(malformed)
      expect(await get(cookie(`${first}; ${second}`), '/me/optional')).toMatchObject(malformed)
    }
  })

  it('is read from its start in each request, however often the one before repeated the name', async () => {
    for (let times = 1; times < 10; times++) {
      const repeated = cookie(Array.from({ length: times }, () => `${name}=${bad}`).join('; '))
      await get(repeated)
      expect(await get(cookie(`${name}=${good}`))).toMatchObject(ada)
      await get(repeated)
      expect(await get(cookie(`${name}=${good}; ${name}=${bad}`))).toMatchObject(malformed)
      await get(repeated)
      expect(await get([...cookie(`${name}=${good}`), ...cookie(`${name}=${bad}`)])).toMatchObject(malformed)
    }
  })

  it('decodes and unquotes nothing', async () => {
    const encoded = good.replaceAll('.', '%2E')
    const values = [
      `"${good}"`,
      `'${good}'`,
      encoded,
      `%${good}`,
      `${good}%00`,
      `${good}%`,
      `s:${good}`,
      `j:"${good}"`,
      `Bearer ${good}`,
      `${good},${good}`,
      `${good}=`,
      `${good} ${good}`,
      `${good.slice(0, 9)}\u00e9${good.slice(9)}`,
      'a'.repeat(8193),
    ]
    for (const value of values) expect(await get(cookie(`${name}=${value}`))).toMatchObject(malformed)
  })

  it.each([
    'access_token',
    '__Secure-access_token',
    '__host-access_token',
    '__HOST-ACCESS_TOKEN',
    ' __Host-access_token2',
    'x__Host-access_token',
    'refresh_token',
    '__Host-refresh_token',
    '__Secure-refresh_token',
    'jwt',
    'token',
    'Authorization',
  ])('never reads a cookie named %s', async (other) => {
    expect(await get(cookie(`${other}=${good}`))).toMatchObject(missing)
    expect(await get(cookie(`${other}=${bad}; ${name}=${good}`))).toMatchObject(ada)
  })

  it.each(['\u00a0', '\u0085', '\u00ad', '"', '%20', '\u00c2\u00a0'])(
    'is not fooled by %j around the name, which browsers keep as part of it',
    async (around) => {
      expect(await get(cookie(`${around}${name}=${good}`))).toMatchObject(missing)
      expect(await get(cookie(`${name}${around}=${good}`))).toMatchObject(missing)
      expect(await get(cookie(`${name}=${good}; ${around}${name}=${bad}`))).toMatchObject(ada)
    },
  )

  it('refuses a refresh token in the cookie of the access token', async () => {
    const { refreshToken = '' } = await app.tokens.issue('ada')
    expect(await get(cookie(`${name}=${refreshToken}`))).toMatchObject(refused(401, 'token_wrong_type'))
  })

  it('reads the configured name alone', async () => {
    const named = await startCookies(adapter, { cookies: { accessToken: { name: 'sid', path: '/' } } })
    const token = await issue(named)

    expect(await get(cookie(`sid=${token}`), '/me', named)).toMatchObject(ada)
    expect(await get(cookie(`${name}=${token}`), '/me', named)).toMatchObject(missing)
  })

  it.each(['a.b', 'a+', 'a|b', '^a', 'a$', 'a*b', "!#%&'`~"])(
    'takes the name %s letter by letter',
    async (own) => {
      const named = await startCookies(adapter, { cookies: { accessToken: { name: own, path: '/' } } })
      const token = await issue(named)

      expect(await get(cookie(`${own}=${token}`), '/me', named)).toMatchObject(ada)
      for (const other of ['axb', 'aa', 'a', 'b', 'aab']) {
        expect(await get(cookie(`${other}=${token}`), '/me', named)).toMatchObject(missing)
      }
    },
  )

  it('is asked in the declared order, and the first that carries anything decides', async () => {
    const cookieFirst = await startCookies(adapter, { locations: ['cookie', 'header'] })
    const headerFirst = await startCookies(adapter, { locations: ['header', 'cookie'] })
    for (const [on, first, second] of [
      [cookieFirst, (token: string) => cookie(`${name}=${token}`), bearer],
      [headerFirst, bearer, (token: string) => cookie(`${name}=${token}`)],
    ] as const) {
      const token = await issue(on)
      const broken = breakSignature(token)

      expect(await get(first(token), '/me', on)).toMatchObject(ada)
      expect(await get(second(token), '/me', on)).toMatchObject(ada)
      expect(await get([...first(token), ...second(broken)], '/me', on)).toMatchObject(ada)
      expect(await get([...first(broken), ...second(token)], '/me', on)).toMatchObject(forged)
      expect(await get([...first(''), ...second(token)], '/me', on)).toMatchObject(
        first === bearer ? malformed : ada,
      )
    }
  })

  it('never falls through from a cookie that is refused', async () => {
    const both = await startCookies(adapter, { locations: ['cookie', 'header'] })
    const token = await issue(both)
    for (const value of [`"${token}"`, 'garbage', `${token}; ${name}=${token}`]) {
      expect(await get([...cookie(`${name}=${value}`), ...bearer(token)], '/me', both)).toMatchObject(
        malformed,
      )
    }
  })

  it('can be chosen, or left out, by a route', async () => {
    const byHeader = await startCookies(adapter, { locations: ['header'] })
    const token = await issue(byHeader)

    expect(await get(cookie(`${name}=${token}`), '/me', byHeader)).toMatchObject(missing)
    expect(await get(cookie(`${name}=${token}`), '/me/by-cookie', byHeader)).toMatchObject(ada)
    expect(await get(bearer(token), '/me/by-cookie', byHeader)).toMatchObject(missing)
    expect(await get(cookie(`${name}=${good}`), '/me/by-header')).toMatchObject(missing)
    expect(await get(bearer(good), '/me/by-header')).toMatchObject(ada)
  })

  it('keeps its CSRF check on a route that chooses it', async () => {
    const byHeader = await startCookies(adapter, { locations: ['header'] })
    const token = await issue(byHeader)
    const post = (path: string, headers: Headers) => byHeader.send({ method: 'POST', path, headers })

    expect(await post('/me/by-cookie', cookie(`${name}=${token}`))).toMatchObject(refused(403, 'csrf_failed'))
    expect(await post('/me', bearer(token))).toMatchObject(ada)
  })
})
