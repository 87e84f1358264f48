import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService, type ClaimsLoaderContext } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { reforge, SECRET } from '../support/forge.js'

async function tokensWith(
  requiredClaims: readonly string[],
  load: (context: ClaimsLoaderContext) => Record<string, unknown> = () => ({}),
): Promise<TokenService> {
  const claimsLoader = {
    useValue: { loadClaims: (_: unknown, context: ClaimsLoaderContext) => load(context) },
  }
  const imports = [JwtAuthModule.forRoot({ secret: SECRET, requiredClaims, claimsLoader })]
  return (await startModule({ imports })).get(TokenService)
}

const invalid = { errorCode: 'token_claims_invalid' }

describe('requiredClaims', () => {
  it('refuses a token without one of them', async () => {
    const tokens = await tokensWith(['tenant', 'nbf'])
    const token = await tokens.issueAccessToken('ida', { claims: { tenant: 'acme' }, notBefore: 0 })

    await expect(tokens.verify(token)).resolves.toBeTruthy()
    await expect(tokens.verify(reforge(token, { claims: { tenant: undefined } }))).rejects.toMatchObject(
      invalid,
    )
    await expect(tokens.verify(reforge(token, { claims: { nbf: undefined } }))).rejects.toMatchObject(invalid)
  })

  it.each([
    ['nbf', {}],
    ['iss', {}],
    ['tenant', { claims: { tenant: undefined } }],
  ])('issues no token without %s', async (name, options) => {
    const tokens = await tokensWith([name])
    await expect(tokens.issueAccessToken('ida', options)).rejects.toMatchObject({
      code: 'claims_invalid',
      message: expect.stringContaining(`The claim "${name}" is missing`) as unknown,
    })
  })

  it.each([null, false, 0, '', []])('takes a claim that is %j for one that is there', async (tenant) => {
    const tokens = await tokensWith(['tenant'])

    await expect(
      tokens.verify(await tokens.issueAccessToken('ida', { claims: { tenant } })),
    ).resolves.toMatchObject({ claims: { tenant } })
  })

  it.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])(
    'is not satisfied by the %s that every object has',
    async (name) => {
      const token = await (await tokensWith([])).issueAccessToken('ida')
      const tokens = await tokensWith([name])

      await expect(tokens.verify(token)).rejects.toMatchObject(invalid)
      await expect(tokens.issueAccessToken('ida')).rejects.toMatchObject({ code: 'claims_invalid' })
    },
  )

  it.each(['sub', 'exp', 'iat', 'jti'])('always has %s among them', async (name) => {
    const tokens = await tokensWith([])
    const token = reforge(await tokens.issueAccessToken('ida'), { claims: { [name]: undefined } })

    await expect(tokens.verify(token)).rejects.toMatchObject(invalid)
  })

  it('is not required of refresh tokens', async () => {
    const tokens = await tokensWith(['tenant'], ({ kind }) => (kind === 'access' ? { tenant: 'acme' } : {}))
    const { refresh_token: refresh = '' } = await tokens.issue('ida')

    await expect(tokens.verify(refresh, { kind: 'refresh' })).resolves.toBeTruthy()
  })

  it('is required when a token is issued, and the error names the missing claim', async () => {
    const tokens = await tokensWith(['tenant'])
    const missing = { code: 'claims_invalid', message: expect.stringContaining('"tenant"') as unknown }

    await expect(tokens.issue('ida')).rejects.toMatchObject(missing)
    await expect(tokens.issueAccessToken('ida', { claims: {} })).rejects.toMatchObject(missing)
    await expect(tokens.issue('ida', { claims: { tenant: 'acme' } })).resolves.toBeTruthy()
    await expect(tokens.issueOneTimeToken('reset', 'ida', { expiresIn: '5m' })).resolves.toBeTruthy()
  })
})
