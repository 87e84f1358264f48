import { HttpException } from '@nestjs/common'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { JwtAuthError, JwtAuthModule, TokenService, type TokenPair } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../support/adapters.js'
import { breakSignature, readToken, reforge, SECRET } from '../support/forge.js'

const start = Date.parse('2030-01-01T00:00:00Z')
const now = start / 1000

async function tokensOf(clock: FakeClock, clockTolerance: string | number = 0): Promise<TokenService> {
  const imports = [JwtAuthModule.forRoot({ secret: SECRET, clockTolerance })]
  const module = await startModule({ imports }, { clock })
  return module.get(TokenService)
}

describe('TokenService.verify', () => {
  const clock = new FakeClock(start)
  let tokens: TokenService
  let pair: TokenPair

  beforeAll(async () => {
    tokens = await tokensOf(clock)
  })

  beforeEach(async () => {
    pair = await tokens.issue('ida', { claims: { nested: { list: [1] } } })
  })

  it('knows an access token by default', async () => {
    const verified = await tokens.verify(pair.access_token)

    expect(verified).toMatchObject({
      kind: 'access',
      header: readToken(pair.access_token).header,
      claims: readToken(pair.access_token).claims,
    })
    expect(await tokens.verify(pair.access_token, { kind: 'access' })).toMatchObject({ kind: 'access' })
  })

  it('knows a refresh token when asked for one', async () => {
    expect(await tokens.verify(pair.refresh_token ?? '', { kind: 'refresh' })).toMatchObject({
      kind: 'refresh',
      claims: { sub: 'ida' },
    })
  })

  it('never takes one kind for the other', async () => {
    const wrongType = { errorCode: 'token_wrong_type' }

    await expect(tokens.verify(pair.refresh_token ?? '')).rejects.toMatchObject(wrongType)
    await expect(tokens.verify(pair.access_token, { kind: 'refresh' })).rejects.toMatchObject(wrongType)
  })

  it.each(['one-time', 'Access', 'refresh ', '', null, 7])('knows no kind %j', async (kind) => {
    await expect(tokens.verify(pair.access_token, { kind: kind as never })).rejects.toMatchObject({
      name: 'JwtAuthUsageError',
      code: 'kind_invalid',
    })
  })

  it('hands out header and claims that nobody can change', async () => {
    const { header, claims } = await tokens.verify(pair.access_token)
    const nested = (claims as Record<string, unknown>)['nested'] as { list: number[] }

    expect([header, claims, nested, nested.list].every((value) => Object.isFrozen(value))).toBe(true)
  })

  it('refuses with an HTTP exception that has a code', async () => {
    const error: unknown = await tokens
      .verify(breakSignature(pair.access_token))
      .catch((reason: unknown) => reason)

    expect(error).toBeInstanceOf(JwtAuthError)
    expect(error).toBeInstanceOf(HttpException)
    expect((error as JwtAuthError).getStatus()).toBe(401)
    expect((error as JwtAuthError).errorCode).toBe('token_signature_invalid')
  })

  it.each(['', 'garbage', 'a.b.c', '..', ' ', '\u{1F511}'])('refuses the text "%s"', async (text) => {
    await expect(tokens.verify(text)).rejects.toBeInstanceOf(JwtAuthError)
  })
})

describe('TokenService.decodeUnverified', () => {
  it('reads a token that nobody should trust', async () => {
    const tokens = await tokensOf(new FakeClock(start))
    const token = breakSignature(await tokens.issueAccessToken('ida', { expiresIn: 0 }))

    expect(tokens.decodeUnverified(token)).toMatchObject({
      header: { typ: 'at+jwt' },
      claims: { sub: 'ida' },
    })
  })
})

describe('the clock tolerance', () => {
  it('stretches both ends of exp, nbf and iat', async () => {
    const tokens = await tokensOf(new FakeClock(start), '30s')
    const token = await tokens.issueAccessToken('ida')
    const check = (claims: Record<string, unknown>) => tokens.verify(reforge(token, { claims }))

    await expect(check({ iat: now - 900, exp: now - 29 })).resolves.toBeTruthy()
    await expect(check({ nbf: now + 30 })).resolves.toBeTruthy()
    await expect(check({ iat: now + 30 })).resolves.toBeTruthy()
    await expect(check({ iat: now - 900, exp: now - 30 })).rejects.toMatchObject({
      errorCode: 'token_expired',
    })
    await expect(check({ nbf: now + 31 })).rejects.toMatchObject({ errorCode: 'token_not_active' })
    await expect(check({ iat: now + 31 })).rejects.toMatchObject({ errorCode: 'token_not_active' })
  })
})
