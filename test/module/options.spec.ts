import { describe, expect, it } from '@jest/globals'
import {
  type ConfigProblem,
  JwtAuthConfigError,
  JwtAuthModule,
  JwtGuard,
  TokenService,
} from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

/** What is wrong with the options beside a good secret; nothing where the app starts. */
async function problemsOf(options: object): Promise<readonly ConfigProblem[]> {
  try {
    await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET, ...options })] })
    return []
  } catch (error) {
    if (!(error instanceof JwtAuthConfigError)) throw error
    return error.problems
  }
}

/** `{ a: { b: value } }` for `a.b`. */
function optionAt(path: string, value: unknown): object {
  return path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object
}

const nested = {
  accessToken: ['expiresIn', 'notBefore', 'allowNever'],
  refreshToken: ['expiresIn', 'sessionExpiresIn', 'reuseGrace'],
  sessions: ['max', 'timeout', 'check'],
  cookies: ['secure', 'sameSite', 'domain', 'accessToken', 'refreshToken'],
  'cookies.accessToken': ['name', 'path'],
  'cookies.refreshToken': ['name', 'path'],
  csrf: ['trustedOrigins', 'doubleSubmit'],
  verifiedTokenCache: ['max'],
  audit: ['level', 'guards'],
  endpoints: ['path', 'authenticator', 'login', 'refresh', 'logout', 'logoutAll', 'sessions'],
}
const top =
  'secret keys issuer audience clockTolerance requiredClaims claimsSchema claimsMode locations subject attachIdentityAs ' +
  'realm isGlobal claimsLoader identityLoader sessionStore requestContext'
const everyOption = [
  ...top.split(' '),
  ...Object.keys(nested).filter((path) => !path.includes('.')),
  ...Object.entries(nested).flatMap(([path, names]) => names.map((name) => `${path}.${name}`)),
  'sessions.check.maxStaleness',
]

describe('null', () => {
  it.each(everyOption)('is not taken for the default of %s', async (path) => {
    const problems = await problemsOf({ locations: ['cookie'], ...optionAt(path, null) })

    expect(problems.map((problem) => problem.path)).toEqual([path])
    expect(problems[0]?.problem).toBe('The value must not be null')
    expect(problems[0]?.fix).not.toBe('')
  })

  it.each(everyOption.filter((path) => !path.endsWith('maxStaleness')))(
    'is not undefined, which %s may be',
    async (path) => {
      const options = { locations: ['cookie'], ...optionAt(path, undefined), secret: SECRET }
      expect(await problemsOf(options)).toEqual([])
    },
  )
})

describe('a lifetime', () => {
  const lifetimes = ['accessToken.expiresIn', 'refreshToken.expiresIn', 'refreshToken.sessionExpiresIn']

  it.each(
    lifetimes.flatMap((path) =>
      [1e300, 1e-9, '999ms', 0, -1, '36501d', '999999999999w', 253402300800].map(
        (value) => [path, value] as const,
      ),
    ),
  )('%s is not %p', async (path, value) => {
    expect(await problemsOf(optionAt(path, value))).toMatchObject([
      { path, problem: 'The duration must be from 1s to 36500d' },
    ])
  })

  it.each(lifetimes.flatMap((path) => [1, '1s', '1000ms', '36500d'].map((value) => [path, value] as const)))(
    '%s may be %p',
    async (path, value) => {
      expect(await problemsOf(optionAt(path, value))).toEqual([])
    },
  )
})

describe('a duration', () => {
  it.each<[path: string, least: unknown, most: unknown, under: unknown, over: unknown]>([
    ['accessToken.notBefore', 0, '899s', -1, '15m'],
    ['refreshToken.reuseGrace', 0, '60s', '-1ms', '60001ms'],
    ['sessions.timeout', '1ms', '1m', 0, '61s'],
    ['sessions.check.maxStaleness', '1ms', '5m', 0, '301s'],
    ['clockTolerance', 0, '5m', -1e-9, '6m'],
  ])('%s has a least and a most value', async (path, least, most, under, over) => {
    for (const value of [least, most]) expect(await problemsOf(optionAt(path, value))).toEqual([])
    for (const value of [under, over, 1e300, NaN, '60', ' 60 ', '', true, {}, [1]]) {
      expect(await problemsOf(optionAt(path, value))).toMatchObject([{ path }])
    }
  })

  it('without a unit is named as such', async () => {
    expect(await problemsOf({ clockTolerance: '60' })).toEqual([
      {
        path: 'clockTolerance',
        problem: 'The duration has no unit',
        fix: "Set it to a number of seconds or a string with a unit, such as '30s'",
      },
    ])
  })
})

describe('audit', () => {
  it.each(['off', 'warn', 'error', {}, { level: 'error' }, { guards: [JwtGuard] }])(
    'may be %p',
    async (audit) => {
      expect(await problemsOf({ audit })).toEqual([])
    },
  )

  it.each<[audit: unknown, path: string]>([
    ['on', 'audit'],
    [true, 'audit'],
    [[], 'audit'],
    [{ level: 'all' }, 'audit.level'],
    [{ guards: JwtGuard }, 'audit.guards'],
    [{ guards: [class {}] }, 'audit.guards[0]'],
    [{ guards: [{ canActivate: () => true }] }, 'audit.guards[0]'],
    [{ guards: ['ApiKeyGuard'] }, 'audit.guards[0]'],
    [{ guard: [] }, 'audit.guard'],
  ])('may not be %p', async (audit, path) => {
    expect(await problemsOf({ audit })).toMatchObject([{ path }])
  })
})

describe('an option that does not exist', () => {
  it.each<[options: object, path: string, fix: string]>([
    [{ secrett: 'x' }, 'secrett', 'Did you mean secret?'],
    [{ audiences: ['x'] }, 'audiences', 'Did you mean audience?'],
    [{ expiresIn: '1h' }, 'expiresIn', 'Did you mean accessToken.expiresIn or refreshToken.expiresIn?'],
    [{ accessToken: { expires: '1h' } }, 'accessToken.expires', 'Did you mean expiresIn?'],
    [{ cookies: { samesite: 'lax' } }, 'cookies.samesite', 'Did you mean sameSite?'],
    [
      { cookies: { accessToken: { domain: 'a' } } },
      'cookies.accessToken.domain',
      'The options here are name, path',
    ],
    [{ endpoints: { logoutall: true } }, 'endpoints.logoutall', 'Did you mean logoutAll?'],
    [{ claimLoader: class {} }, 'claimLoader', 'Did you mean claimsLoader?'],
    [{ sessions: { check: { maxStalenes: 1 } } }, 'sessions.check.maxStalenes', 'Did you mean maxStaleness?'],
  ])('%j', async (options, path, fix) => {
    expect(await problemsOf(options)).toContainEqual({ path, problem: 'There is no such option', fix })
  })

  it('is reported once, whatever its name', async () => {
    const options = JSON.parse('{ "__proto__": 1, "constructor": 1, "toString": 1 }') as object
    const paths = (await problemsOf(options)).map(({ path }) => path)
    expect(paths.toSorted()).toEqual(['__proto__', 'constructor', 'toString'])
  })
})

describe('a list of issuers', () => {
  it('stamps the first and accepts all', async () => {
    const tokensOf = async (issuer: string | string[]) =>
      (
        await startModule({
          imports: [JwtAuthModule.forRoot({ secret: SECRET, refreshToken: false, issuer })],
        })
      ).get(TokenService)
    const moved = await tokensOf(['https://new.example', 'https://old.example'])
    const before = await (await tokensOf('https://old.example')).issueAccessToken('ida')
    const foreign = await (await tokensOf('https://other.example')).issueAccessToken('ida')

    const own = await moved.verify(await moved.issueAccessToken('ida'))
    expect(own.claims['iss']).toBe('https://new.example')
    await expect(moved.verify(before)).resolves.toMatchObject({ claims: { iss: 'https://old.example' } })
    await expect(moved.verify(foreign)).rejects.toMatchObject({ errorCode: 'token_claims_invalid' })
  })

  it.each<[string, unknown]>([
    ['issuer', []],
    ['issuer', ''],
    ['issuer', 7],
    ['issuer[1]', ['https://a.example', '']],
    ['issuer[0]', [null]],
  ])('%s is reported for %j', async (path, issuer) => {
    expect(await problemsOf({ issuer })).toMatchObject([{ path }])
  })
})
