import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { reforge, SECRET } from '../support/forge.js'

async function tokensWith(requiredClaims: readonly string[]): Promise<TokenService> {
  const imports = [JwtAuthModule.forRoot({ secret: SECRET, requiredClaims })]
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

  it.each([null, false, 0, '', []])('takes a claim that is %j for one that is there', async (tenant) => {
    const tokens = await tokensWith(['tenant'])

    await expect(
      tokens.verify(await tokens.issueAccessToken('ida', { claims: { tenant } })),
    ).resolves.toMatchObject({ claims: { tenant } })
  })

  it.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])(
    'is not satisfied by the %s that every object has',
    async (name) => {
      const tokens = await tokensWith([name])

      await expect(tokens.verify(await tokens.issueAccessToken('ida'))).rejects.toMatchObject(invalid)
    },
  )

  it.each(['sub', 'exp', 'iat', 'jti'])('always has %s among them', async (name) => {
    const tokens = await tokensWith([])
    const token = reforge(await tokens.issueAccessToken('ida'), { claims: { [name]: undefined } })

    await expect(tokens.verify(token)).rejects.toMatchObject(invalid)
  })

  it('is not asked of refresh tokens', async () => {
    const tokens = await tokensWith(['tenant'])
    const { refresh_token: refresh = '' } = await tokens.issue('ida')

    await expect(tokens.verify(refresh, { kind: 'refresh' })).resolves.toBeTruthy()
  })
})
