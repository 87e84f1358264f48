import { describe, expect, it } from '@jest/globals'
import { type IssuerOptions, JwtAuthConfigError, JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import {
  auth0,
  clerk,
  cognito,
  entra,
  firebase,
  google,
  keycloak,
  okta,
  supabase,
} from '@nest-jwt-auth/core/issuers'
import { startModule } from '../support/adapters.js'

type Arguments = Record<string, unknown>
type Preset = (options: Arguments) => IssuerOptions

const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47'

/** Each preset, and arguments that are right. */
const presets: [name: string, preset: Preset, right: Arguments][] = [
  ['auth0', auth0 as never, { domain: 'example.eu.auth0.com', audience: 'https://api.example.com' }],
  ['okta', okta as never, { domain: 'example.okta.com', audience: 'api://default' }],
  ['keycloak', keycloak as never, { url: 'https://id.example.com/auth', realm: 'staff', clients: ['web'] }],
  ['cognito', cognito as never, { userPoolId: 'eu-west-1_AbCdEf123', clients: ['7m1234abcdef'] }],
  ['entra', entra as never, { tenants: tenant, audience: '6e74172b-be56-4843-9ff4-e66a39bb12e3' }],
  ['firebase', firebase as never, { projectId: 'my-project-1a2b3' }],
  ['google', google as never, { clients: '1234567890-web.apps.googleusercontent.com' }],
  ['supabase', supabase as never, { url: 'https://abcdefghijkl.supabase.co' }],
  [
    'clerk',
    clerk as never,
    { frontendApiUrl: 'https://clerk.example.com', authorizedParties: ['https://example.com'] },
  ],
]

const byName = new Map(presets.map(([name, preset, right]) => [name, { preset, right }]))

/**
 * The problems of a preset with some arguments changed, each with what to do. `undefined` stays: as of a variable that is
 * not set.
 */
function problemsOf(name: string, change: Arguments, without: readonly string[] = []): string[] {
  const { preset, right } = byName.get(name) ?? {}
  const given = Object.entries({ ...right, ...change }).filter(([one]) => !without.includes(one))
  try {
    preset?.(Object.fromEntries(given))
  } catch (error) {
    if (!(error instanceof JwtAuthConfigError)) throw error
    return error.problems.map(({ path, problem, fix }) => {
      expect(fix).toMatch(/^[A-Z].{9}/)
      return `${path}: ${problem}. ${fix}`
    })
  }
  return []
}

/** What a problem says that could be written instead. */
function exampleIn(problem = ''): string | undefined {
  return /such as '(.*)'$/.exec(problem)?.[1]
}

function expectGoodExample(name: string, argument: string, change: Arguments): void {
  const example = exampleIn(problemsOf(name, change)[0])
  expect([example, problemsOf(name, { ...change, [argument]: example })]).toEqual([expect.any(String), []])
}

describe.each(presets)('%s', (name, preset, right) => {
  it('returns what an app could have written: plain, frozen, without undefined', () => {
    const options = preset(right)
    expect(Object.getPrototypeOf(options)).toBe(Object.prototype)
    expect(Object.isFrozen(options)).toBe(true)
    expect(Reflect.ownKeys(options)).toEqual(Object.keys(options))
    expect(Object.values(options)).not.toContain(undefined)
    for (const list of Object.values(options).filter((value) => Array.isArray(value))) {
      expect(Object.isFrozen(list)).toBe(true)
    }
  })

  it('is an entry of the option issuers, and so is a copy with changes', async () => {
    const options = { ...preset(right), claims: ['email'] }
    const app = await startModule({ imports: [JwtAuthModule.forRoot({ issuers: [options] })] })
    expect(app.get(TokenService)).toBeDefined()
  })

  it.each(Object.keys(right))('refuses the argument %s of a variable that is not set', (argument) => {
    expect(problemsOf(name, { [argument]: undefined })).toEqual([
      expect.stringMatching(
        `^${name}.${argument}: .*environment variable, that variable is not set.*\\. Set it to`,
      ),
    ])
  })

  it.each(Object.keys(right))('has an example for the argument %s that is right', (argument) => {
    expectGoodExample(name, argument, { [argument]: undefined })
  })

  it.each(Object.keys(right))(
    'refuses the argument %s that is missing, empty, a number or padded',
    (argument) => {
      expect(problemsOf(name, {}, [argument])).not.toEqual([])
      for (const value of ['', 7, null, {}, ' x', 'x\n']) {
        expect(problemsOf(name, { [argument]: value })).toEqual([
          expect.stringMatching(`^${name}.${argument}: The value `),
        ])
      }
    },
  )

  it('refuses an argument that it does not know, and names the one that was meant', () => {
    const [first = ''] = Object.keys(right)
    expect(problemsOf(name, { [`${first}s`]: 'x' })).toEqual([
      `${name}.${first}s: There is no such argument. Did you mean ${first}?`,
    ])
  })

  it('names the arguments that there are', () => {
    expect(problemsOf(name, { xyzzy: 'x' })).toEqual([
      expect.stringMatching(`^${name}.xyzzy: There is no such argument. The arguments are \\w+(, \\w+)+$`),
    ])
  })

  it('refuses to be called without arguments', () => {
    expect(() => preset(undefined as never)).toThrow(JwtAuthConfigError)
  })
})

const lists = [
  ['auth0', 'audience'],
  ['okta', 'clients'],
  ['keycloak', 'clients'],
  ['keycloak', 'audience'],
  ['cognito', 'clients'],
  ['entra', 'tenants'],
  ['entra', 'audience'],
  ['entra', 'clients'],
  ['google', 'clients'],
  ['google', 'hostedDomain'],
  ['supabase', 'clients'],
  ['clerk', 'authorizedParties'],
  ['clerk', 'audience'],
] as const

it.each(lists)('%s refuses a list of %s that is empty or has holes', (name, argument) => {
  expect(problemsOf(name, { [argument]: [] })).toContainEqual(
    expect.stringMatching(`^${name}.${argument}: The list is empty. Add a value`),
  )
  expectGoodExample(name, argument, { [argument]: [] })
  expect(problemsOf(name, { [argument]: [undefined] })).toContainEqual(
    expect.stringMatching(`^${name}.${argument}\\[0\\]: .*that variable is not set`),
  )
  expect(problemsOf(name, { [argument]: undefined })).toContainEqual(
    expect.stringMatching(`^${name}.${argument}: .*that variable is not set`),
  )
})

it.each<[name: string, change: Arguments, problem: string]>([
  [
    'auth0',
    { domain: 'https://example.eu.auth0.com' },
    'auth0.domain: The value begins with a protocol. Write the host',
  ],
  ['auth0', { domain: 'http://example.eu.auth0.com' }, 'auth0.domain: The value begins with a protocol'],
  ['auth0', { domain: 'example.eu.auth0.com/' }, 'auth0.domain: The value has a path or ends with a slash'],
  ['auth0', { domain: 'Example.eu.auth0.com' }, 'auth0.domain: The value is not a host name in lower case'],
  ['auth0', { domain: 'ada@example.eu.auth0.com' }, 'auth0.domain: The value is not a host name'],
  ['auth0', { domain: 'example.com?x' }, 'auth0.domain: The value is not a host name'],
  ['auth0', { domain: 'exаmple.com' }, 'auth0.domain: The value is not a host name'],
  [
    'auth0',
    { audience: 'https://example.eu.auth0.com/userinfo' },
    'auth0.audience: The value is an API of Auth0 itself',
  ],
  [
    'auth0',
    { domain: 'login.example.com', audience: ['x', 'https://example.eu.auth0.com/userinfo'] },
    'auth0.audience: The value is an API of Auth0 itself',
  ],
  [
    'auth0',
    { audience: 'https://example.eu.auth0.com/api/v2/' },
    'auth0.audience: The value is an API of Auth0 itself',
  ],
  [
    'auth0',
    { audience: 'https://example.eu.auth0.com/api/v2' },
    'auth0.audience: The value is an API of Auth0 itself',
  ],
  [
    'auth0',
    { domain: 'login.example.com', audience: 'https://login.example.com/userinfo' },
    'auth0.audience: The value is an API of Auth0 itself',
  ],
  ['auth0', { permissions: 'yes' }, 'auth0.permissions: The value is not a boolean'],
  ['okta', { domain: 'example-admin.okta.com' }, 'okta.domain: The value is the domain of the Admin Console'],
  ['okta', { authorizationServer: 'oauth2/default' }, 'okta.authorizationServer: The value is not the id'],
  ['okta', { authorizationServer: '' }, 'okta.authorizationServer: The value is an empty string'],
  ['keycloak', { url: 'http://id.example.com' }, 'keycloak.url: The URL does not begin with https://'],
  ['keycloak', { url: 'id.example.com' }, 'keycloak.url: The value is not a URL'],
  ['keycloak', { url: 'https://id.example.com?x=1' }, 'keycloak.url: The URL has a query'],
  ['keycloak', { url: 'https://ID.example.com' }, 'keycloak.url: The URL is not in its usual form'],
  ['keycloak', { url: 'https://ada:x@id.example.com' }, 'keycloak.url: The URL contains a user name'],
  ['keycloak', { realm: 'realms/staff' }, 'keycloak.realm: The value is not the name of a realm'],
  ['cognito', { userPoolId: 'AbCdEf123' }, 'cognito.userPoolId: The value is not the id of a user pool'],
  [
    'cognito',
    { userPoolId: 'x/eu-west-1_AbCdEf123' },
    'cognito.userPoolId: The value is not the id of a user pool',
  ],
  [
    'cognito',
    { userPoolId: 'eu-west-1_a/../b' },
    'cognito.userPoolId: The value is not the id of a user pool',
  ],
  [
    'entra',
    { audience: ['x', '00000003-0000-0000-c000-000000000000'] },
    'entra.audience: The value is an API of Microsoft',
  ],
  [
    'entra',
    { audience: ['x', 'https://graph.microsoft.com'] },
    'entra.audience: The value is an API of Microsoft',
  ],
  [
    'entra',
    { audience: 'https://items.vault.azure.net/.default' },
    'entra.audience: The value is an API of Microsoft',
  ],
  [
    'entra',
    { audience: ['x', 'https://management.azure.com/'] },
    'entra.audience: The value is an API of Microsoft',
  ],
  [
    'entra',
    { tenants: 'common' },
    "entra.tenants: 'common' is not a single tenant, so users of other tenants would be accepted",
  ],
  ['entra', { tenants: [tenant, 'organizations'] }, "entra.tenants: 'organizations' is not a single tenant"],
  ['entra', { tenants: 'consumers' }, "entra.tenants: 'consumers' is not a single tenant"],
  ['entra', { tenants: 'contoso.onmicrosoft.com' }, 'entra.tenants: The value is not the id of a tenant'],
  ['entra', { tenants: '{tenantid}' }, 'entra.tenants: The value is not the id of a tenant'],
  [
    'entra',
    { tenants: tenant.toUpperCase() },
    'entra.tenants: The value is not the id of a tenant in lower case',
  ],
  ['firebase', { projectId: '1234567890' }, 'firebase.projectId: The value is the number of a project'],
  ['firebase', { projectId: '1st-project' }, 'firebase.projectId: The value is not the id of a project'],
  ['firebase', { projectId: 'my-project/x' }, 'firebase.projectId: The value is not the id of a project'],
  ['firebase', { anonymous: 'true' }, 'firebase.anonymous: The value is not a boolean'],
  [
    'supabase',
    { url: 'http://abcdefghijkl.supabase.co' },
    'supabase.url: The URL does not begin with https://',
  ],
  ['supabase', { url: 'https://abcdefghijkl.supabase.co/auth/v1' }, 'supabase.url: The URL has a path'],
  ['clerk', { frontendApiUrl: 'clerk.example.com' }, 'clerk.frontendApiUrl: The value is not a URL'],
  ['clerk', { authorizedParties: ['example.com'] }, 'clerk.authorizedParties: The value is not an origin'],
  ...['example.com', '1https://example.com', 'my app://example.com'].map(
    (party): [string, Arguments, string] => [
      'clerk',
      { authorizedParties: ['https://example.com', party] },
      'clerk.authorizedParties: The value is not an origin',
    ],
  ),
  ...[
    'common',
    `${tenant}0`,
    `x${tenant}`,
    tenant.slice(1),
    tenant.slice(0, -1),
    tenant.replace('-', ''),
  ].map((id): [string, Arguments, string] => ['entra', { tenants: [tenant, id] }, 'entra.tenants: ']),
  [
    'clerk',
    { authorizedParties: 'https://example.com/' },
    'clerk.authorizedParties: The value is not an origin',
  ],
])('%s(%j) is refused', (name, change, problem) => {
  const problems = problemsOf(name, change)
  expect(problems).toEqual([expect.stringContaining(problem)])
  const [argument = ''] = Object.keys(change).slice(-1)
  if (exampleIn(problems[0]) !== undefined) expectGoodExample(name, argument, change)
})

it.each<[name: string, change: Arguments, without: string]>([
  ['keycloak', { audience: 'my-api' }, 'clients'],
  ['clerk', { audience: 'https://api.example.com' }, 'authorizedParties'],
])('%s(%j) has no member %s', (name, change, without) => {
  const { preset, right } = byName.get(name) ?? {}
  const given = Object.entries({ ...right, ...change }).filter(([one]) => one !== without)
  expect(Object.values(preset?.(Object.fromEntries(given)) ?? [undefined])).not.toContain(undefined)
})

it.each<[name: string, change: Arguments]>([
  ['auth0', { audience: 'https://example.eu.auth0.com/userinfos' }],
  ['auth0', { audience: 'urn:https://example.eu.auth0.com/userinfo' }],
  ['auth0', { audience: ['https://api.example.com/userinfo', 'https://api.example.com/api/v2/'] }],
  ['okta', { domain: 'my-admin.okta.com.example.com' }],
  ['cognito', { userPoolId: 'us-gov-west-1_AbCdEf123' }],
  ['cognito', { userPoolId: 'eu-west-10_AbCdEf123' }],
  ['entra', { audience: 'https://graph.microsoft.com.example.com' }],
  ['entra', { audience: ['api://graph.microsoft.com', 'urn:https://graph.microsoft.com'] }],
  ['entra', { audience: 'https://microsoft.example.com/graph.microsoft.com' }],
  ['clerk', { authorizedParties: ['https://example.com:8443', 'http://localhost:3000', 'my.app2://x'] }],
])('%s(%j) is right', (name, change) => {
  expect(problemsOf(name, change)).toEqual([])
})

it('refuses arguments by which tokens of strangers would be accepted', () => {
  expect(problemsOf('keycloak', {}, ['clients'])[0]).toMatch(
    /^keycloak\.audience: Without audience and clients, tokens of all clients of the realm are accepted/,
  )
  expect(problemsOf('keycloak', { audience: 'account' }, ['clients'])[0]).toMatch(
    /^keycloak\.audience: Tokens of all clients of the realm have the audience 'account'/,
  )
  expect(problemsOf('keycloak', { audience: 'account' })).toEqual([])
  expect(problemsOf('clerk', {}, ['authorizedParties'])[0]).toMatch(
    /^clerk\.authorizedParties: Without .* tokens for pages of others are accepted/,
  )
})

it('lists all problems in one error', () => {
  expect(problemsOf('auth0', { domain: '', audience: [] })).toHaveLength(2)
})
