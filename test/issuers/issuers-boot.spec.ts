import { describe, expect, it } from '@jest/globals'
import { JwtAuthConfigError, JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { OtherParty } from './foreign-app.js'

const idp = new OtherParty('https://login.example.com/')
const entry = idp.options()
const schema = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } }
const legacyTokens = {
  secret: `former!${SECRET}`,
  algorithm: 'HS256',
  until: new Date(Date.now() + 60_000),
  accept: () => true,
}

async function problemsOf(options: object): Promise<readonly string[]> {
  try {
    await startModule({ imports: [JwtAuthModule.forRoot(options)] })
    return []
  } catch (error) {
    if (!(error instanceof JwtAuthConfigError)) throw error
    return error.problems.map(({ path, problem }) => `${path}: ${problem}`)
  }
}

describe('the option issuers', () => {
  it.each<[string, object, string]>([
    ['no issuer', { issuers: [] }, 'issuers: The value must be a non-empty array'],
    [
      'an issuer without name',
      { issuers: [{ ...entry, issuer: undefined }] },
      'issuers[0].issuer: The value is missing',
    ],
    [
      'an issuer without algorithms',
      { issuers: [{ ...entry, algorithms: undefined }] },
      'issuers[0].algorithms: The value is missing',
    ],
    [
      'neither audience nor clients',
      { issuers: [{ ...entry, audience: undefined }] },
      'issuers[0]: Neither audience nor clients is set, so tokens that were issued for other apps would be accepted',
    ],
    [
      'a symmetric algorithm',
      { issuers: [{ ...entry, algorithms: ['HS256', 'ES256'] }] },
      'issuers[0].algorithms: HS256, HS384 and HS512 sign with a secret, so whoever verifies could also sign',
    ],
    [
      'a misspelled member',
      { issuers: [{ ...entry, audiences: 'api' }] },
      'issuers[0].audiences: There is no such option',
    ],
    [
      'one issuer twice',
      { issuers: [entry, entry] },
      'issuers[1].issuer: The value is the same as that of issuers[0].issuer',
    ],
    [
      'an issuer whose subjects could be those of another',
      {
        secret: SECRET,
        issuer: 'https://api.example.com',
        issuers: [{ ...entry, issuer: [`${idp.issuer}|b`, 'c'] }, entry],
      },
      'issuers[1].issuer: The issuer of issuers[0] begins with this value and |, so two users could have the same subject',
    ],
    [
      'own keys without an own issuer',
      { secret: SECRET, issuers: [entry] },
      'issuer: The app accepts tokens of other issuers, but its own tokens would not name their issuer',
    ],
    [
      'own keys under the name of another',
      { secret: SECRET, issuer: idp.issuer, issuers: [entry] },
      'issuers[0].issuer: The value is the same as that of issuer',
    ],
    [
      'an audience of own tokens without own keys',
      { audience: 'api', issuers: [entry] },
      'audience: The option is about tokens that the app signs itself, but it has no keys of its own',
    ],
    [
      'a schema that no token of two issuers is checked by',
      { claimsSchema: schema, issuers: [entry, { ...entry, issuer: 'https://other.example.com' }] },
      'claimsSchema: ',
    ],
    [
      'a schema that neither tokens of the issuer nor legacy ones are checked by',
      { claimsSchema: schema, issuers: [entry], legacyTokens },
      'claimsSchema: ',
    ],
    [
      'keys at a plain http address',
      { issuers: [{ ...entry, keys: undefined, jwksUrl: 'http://login.example.com/keys' }] },
      'issuers[0].jwksUrl: ',
    ],
    [
      'keys from two places',
      { issuers: [{ ...entry, jwksUrl: 'https://login.example.com/keys' }] },
      'issuers[0].keys: The options keys and jwksUrl are set at the same time',
    ],
    [
      'a secret that is not set',
      { secret: undefined, issuers: [entry] },
      'secret: Neither secret nor keys is set',
    ],
  ])('with %s does not boot', async (_, options, problem) => {
    expect(await problemsOf(options)).toEqual([expect.stringContaining(problem)])
  })

  it('goes with a schema where it is the only issuer, or beside own keys', async () => {
    const own = { secret: SECRET, issuer: 'https://api.example.com' }
    expect(await problemsOf({ claimsSchema: schema, issuers: [entry] })).toEqual([])
    expect(await problemsOf({ claimsSchema: schema, issuers: [entry], ...own })).toEqual([])
  })

  it('may have names that begin alike where their subjects are mapped', async () => {
    const own = { secret: SECRET, issuer: 'https://api.example.com' }
    const longer = { ...entry, issuer: `${idp.issuer}|b` }
    expect(await problemsOf({ ...own, issuers: [{ ...longer, subject: () => 'b' }, entry] })).toEqual([])
    expect(await problemsOf({ ...own, issuers: [longer, { ...entry, subject: () => 'a' }] })).toEqual([])
  })

  it.each(['login', 'refresh', 'jwks'])('alone does not go with the route %s', async (name) => {
    const found = await problemsOf({ issuers: [entry], endpoints: { [name]: true } })
    expect(found).toContainEqual(expect.stringMatching(`^endpoints.${name}: `))
  })

  it.each(['one', ['one', 'two']])('takes %j as the own issuer', async (issuer) => {
    expect(await problemsOf({ secret: SECRET, issuer, issuers: [entry] })).toEqual([])
  })

  it('alone makes an app that issues nothing', async () => {
    const app = await startModule({ imports: [JwtAuthModule.forRoot({ issuers: [entry] })] })
    const tokens = app.get(TokenService)
    await expect(tokens.issue('ada')).rejects.toMatchObject({ code: 'signing_disabled' })
    await expect(tokens.issueAccessToken('ada')).rejects.toMatchObject({ code: 'signing_disabled' })
    expect(tokens.publicKeys()).toEqual({ keys: [] })
  })
})
