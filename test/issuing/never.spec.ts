import { beforeEach, describe, expect, it } from '@jest/globals'
import { JwtAuthConfigError, JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../support/adapters.js'
import { readToken, reforge, SECRET } from '../support/forge.js'

type Options = Partial<Parameters<typeof JwtAuthModule.forRoot>[0]>

const start = Date.parse('2030-01-01T00:00:00Z')
const clock = new FakeClock(start)
const tenYears = '520w'

async function tokensOf(options: Options): Promise<TokenService> {
  const imports = [JwtAuthModule.forRoot({ secret: SECRET, ...options })]
  return (await startModule({ imports }, { clock })).get(TokenService)
}

beforeEach(() => clock.set(start))

describe('a token that never expires', () => {
  it('is an access token, if accessToken.allowNever allows it', async () => {
    const tokens = await tokensOf({ accessToken: { allowNever: true } })
    const token = await tokens.issueAccessToken('robot', { expiresIn: 'never' })

    expect(readToken(token).claims).not.toHaveProperty('exp')
    clock.advance(tenYears)
    await expect(tokens.verify(token)).resolves.toMatchObject({ claims: { sub: 'robot' } })
  })

  it('is not issued unless it is asked for', async () => {
    const tokens = await tokensOf({ accessToken: { allowNever: true } })
    const token = await tokens.issueAccessToken('ida')
    const dead = await tokens.issueAccessToken('ida', { expiresIn: 0 })

    await expect(tokens.verify(dead)).rejects.toMatchObject({ errorCode: 'token_expired' })
    clock.advance('15m')
    await expect(tokens.verify(token)).rejects.toMatchObject({ errorCode: 'token_expired' })
  })

  it('may be the default, if it is allowed as well', async () => {
    const tokens = await tokensOf({ accessToken: { expiresIn: 'never', allowNever: true } })

    expect(readToken(await tokens.issueAccessToken('robot')).claims).not.toHaveProperty('exp')
    expect(readToken(await tokens.issueAccessToken('ida', { expiresIn: 60 })).claims).toMatchObject({
      exp: start / 1000 + 60,
    })
  })

  it('has no expires_in in the token response', async () => {
    const tokens = await tokensOf({ accessToken: { allowNever: true }, refreshToken: false })
    const pair = await tokens.issue('robot', { expiresIn: 'never' })

    expect(Object.keys(pair).toSorted()).toEqual(['access_token', 'token_type'])
  })

  it('is never a refresh token', async () => {
    const tokens = await tokensOf({ accessToken: { allowNever: true } })
    const { refresh_token: refresh = '' } = await tokens.issue('ida', { expiresIn: 'never' })
    const endless = reforge(refresh, { claims: { exp: undefined } })

    expect(readToken(refresh).claims).toHaveProperty('exp')
    await expect(tokens.verify(endless, { kind: 'refresh' })).rejects.toMatchObject({
      errorCode: 'token_claims_invalid',
    })
  })

  it('of an app that allowed it once is refused when it no longer does', async () => {
    const before = await tokensOf({ accessToken: { allowNever: true } })
    const token = await before.issueAccessToken('robot', { expiresIn: 'never' })

    await expect((await tokensOf({})).verify(token)).rejects.toMatchObject({
      errorCode: 'token_claims_invalid',
    })
  })

  it.each<[string, string, NonNullable<Options['accessToken']>]>([
    ['a default that is not allowed', 'accessToken.expiresIn', { expiresIn: 'never' }],
    ['leave that is no boolean', 'accessToken.allowNever', { allowNever: 'false' as unknown as boolean }],
  ])('stops the start: %s', async (_, path, accessToken) => {
    await expect(tokensOf({ accessToken })).rejects.toBeInstanceOf(JwtAuthConfigError)
    await expect(tokensOf({ accessToken })).rejects.toThrow(path)
  })
})
