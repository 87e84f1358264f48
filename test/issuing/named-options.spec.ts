import { beforeAll, describe, expect, it } from '@jest/globals'
import { InMemorySessionStore, JwtAuthModule, ReservedClaimError, TokenService } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

const canary = 'canary-9f'
const long = canary.repeat(1000)

describe('a mistake in the options of a call', () => {
  let tokens: TokenService

  beforeAll(async () => {
    const auth = JwtAuthModule.forRoot({
      secret: SECRET,
      sessionStore: InMemorySessionStore,
      refreshToken: { sessionExpiresIn: '90d' },
    })
    tokens = (await startModule({ imports: [auth] })).get(TokenService)
  })

  it.each<[path: string, code: string, options: object]>([
    ['options.expiresIn', 'lifetime_invalid', { expiresIn: '60' }],
    ['options.expiresIn', 'lifetime_invalid', { expiresIn: 'never' }],
    ['options.notBefore', 'lifetime_invalid', { notBefore: 'soon' }],
    ['options.session.expiresIn', 'lifetime_invalid', { session: { expiresIn: '31d' } }],
    ['options.session.expiresIn', 'lifetime_invalid', { session: { expiresIn: 'soon' } }],
    ['options.session.sessionExpiresIn', 'lifetime_invalid', { session: { sessionExpiresIn: '91d' } }],
    ['options.header', 'header_reserved', { header: { kid: canary } }],
    ['options.header', 'token_too_large', { header: { more: long } }],
    ['options.claims', 'claim_reserved', { claims: { jti: canary } }],
    ['options.claims', 'claims_invalid', { claims: { all: long } }],
    ['options.claims', 'token_too_large', { claims: { all: 'é'.repeat(7000) } }],
    ['options.audience', 'claims_invalid', { audience: long }],
    ['options.session.metadata', 'metadata_invalid', { session: { metadata: { all: long } } }],
  ])('is told with its path: %s (%s)', async (path, code, options) => {
    const error = (await tokens.issue('ida', options).catch((thrown: unknown) => thrown)) as Error

    expect(error).toMatchObject({
      code,
      message: expect.stringMatching(new RegExp(`^${path}: [A-Z'].+\\. .+\\.$`)),
    })
    expect(error.message).not.toContain(canary)
  })

  it('is an error for one-time tokens too', async () => {
    await expect(tokens.issueOneTimeToken('reset', 'ida', { expiresIn: '60' })).rejects.toMatchObject({
      message: expect.stringMatching(/^options\.expiresIn: /),
    })
  })

  it('names the claim', async () => {
    const error = await tokens
      .issue('ida', { claims: { sub: 'x' } as object })
      .catch((thrown: unknown) => thrown)

    expect(error).toBeInstanceOf(ReservedClaimError)
    expect(error).toMatchObject({ claim: 'sub', message: expect.stringContaining('"sub"') })
  })
})

it('a claims loader that sets a reserved claim is named', async () => {
  const claimsLoader = { useValue: { loadClaims: () => ({ jti: canary }) } }
  const auth = JwtAuthModule.forRoot({ secret: SECRET, refreshToken: false, claimsLoader })
  const tokens = (await startModule({ imports: [auth] })).get(TokenService)

  await expect(tokens.issueAccessToken('ida')).rejects.toMatchObject({
    code: 'claim_reserved',
    message: expect.stringMatching(/^The claims loader: The claim "jti"/),
  })
})
