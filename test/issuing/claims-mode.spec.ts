import { beforeEach, describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService, type ClaimsLoaderContext } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../support/adapters.js'
import { readToken, reforge, SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'

type Options = Partial<Parameters<typeof JwtAuthModule.forRoot>[0]>
type Load = (identity: unknown, context: ClaimsLoaderContext) => unknown

const start = Date.parse('2030-01-01T00:00:00Z')
const now = start / 1000
const clock = new FakeClock(start)
const whole = { sub: 'ida', exp: now + 600, role: 'editor' }

async function replacing(load: Load, options: Options = {}): Promise<TokenService> {
  const claimsLoader = { useValue: { loadClaims: load as () => Record<string, unknown> } }
  const imports = [JwtAuthModule.forRoot({ secret: SECRET, claimsMode: 'replace', claimsLoader, ...options })]
  return (await startModule({ imports }, { clock })).get(TokenService)
}

beforeEach(() => clock.set(start))

describe("claimsMode: 'replace'", () => {
  it('uses exactly what the loader returns as the payload', async () => {
    const tokens = await replacing(() => whole, { issuer: 'https://shop.example', audience: 'shop' })

    expect(readToken(await tokens.issueAccessToken('ida', { claims: { plan: 'pro' } })).claims).toEqual(whole)
  })

  it('gives the loader the default claims and options.claims, which it may return', async () => {
    const tokens = await replacing((_, { claims }) => ({ ...claims, iat: undefined }), { issuer: 'shop' })
    const token = await tokens.issueAccessToken('ida', { claims: { plan: 'pro' }, expiresIn: '5m' })

    expect(readToken(token).claims).toEqual({
      iss: 'shop',
      sub: 'ida',
      exp: now + 300,
      jti: expect.any(String),
      plan: 'pro',
    })
  })

  it('gives the loader a copy, so changing it has no effect', async () => {
    let isRemoved: boolean | undefined
    const tokens = await replacing((_, { claims }) => {
      Object.assign(claims, { sub: 'root', ['__proto__']: 'other' })
      isRemoved = Reflect.deleteProperty(claims, '__proto__')
      return whole
    })
    const given = JSON.parse('{"__proto__":"own"}') as Record<string, never>

    expect(readToken(await tokens.issueAccessToken('ida', { claims: given })).claims).toEqual(whole)
    expect(isRemoved).toBe(true)
  })

  it.each<[string, unknown]>([
    ['no sub', { exp: now + 600 }],
    ['a sub that is a number', { ...whole, sub: 7 }],
    ['an empty sub', { ...whole, sub: '' }],
    ['no exp', { sub: 'ida' }],
    ['an exp that is text', { ...whole, exp: String(now + 600) }],
    ['an exp that is no number', { ...whole, exp: NaN }],
    ['an exp in milliseconds', { ...whole, exp: start + 600_000 }],
    ['nothing', null],
    ['a text', 'payload'],
  ])('issues nothing where the loader returns %s', async (_, payload) => {
    const tokens = await replacing(() => payload)

    await expect(tokens.issueAccessToken('ida')).rejects.toThrow(/sub|exp|loader/)
    await expect(tokens.issue('ida')).rejects.toThrow(/sub|exp|loader/)
  })

  it('issues no token of a session with another sub, since the session would not be found', async () => {
    const other = await replacing((_, { claims }) => ({ ...claims, sub: 'eve' }))
    await expect(other.issue('ida')).rejects.toMatchObject({ code: 'claims_loader_invalid' })

    const withoutSid = await replacing((_, { claims }) => ({ ...claims, sub: 'eve', sid: undefined }))
    for (const token of [
      await other.issueAccessToken('ida'),
      await withoutSid.issueAccessToken('ida'),
      (await withoutSid.issue('ida')).access_token,
    ]) {
      await expect(withoutSid.verify(token)).resolves.toMatchObject({ claims: { sub: 'eve' } })
    }
  })

  it.each<[string, object, boolean]>([
    ['an nbf at exp', { iat: now, exp: now + 60, nbf: now + 60 }, false],
    ['an nbf at exp, and no iat', { exp: now + 60, nbf: now + 60 }, false],
    ['an nbf before exp', { iat: now, exp: now + 60, nbf: now + 59 }, true],
    ['a later nbf for a token that has expired already', { iat: now, exp: now - 1, nbf: now }, true],
    ['a later nbf for a token that expires at once', { iat: now, exp: now, nbf: now }, true],
    ['no nbf', { iat: now, exp: now + 60 }, true],
  ])('with %s', async (_, dates, isIssued) => {
    const tokens = await replacing(() => ({ sub: 'ida', ...dates }))
    const issued = tokens.issueAccessToken('ida')

    await (isIssued
      ? expect(issued).resolves.toEqual(expect.any(String))
      : expect(issued).rejects.toMatchObject({ code: 'claims_invalid' }))
  })

  it('without a loader issues what the library makes', async () => {
    const tokens = await replacing(() => whole, { claimsLoader: undefined })

    expect(readToken(await tokens.issueAccessToken('ida', { claims: { plan: 'pro' } })).claims).toEqual({
      sub: 'ida',
      iat: now,
      exp: now + 900,
      jti: expect.any(String),
      plan: 'pro',
    })
  })

  it('requires an exp even if tokens without one are allowed', async () => {
    const tokens = await replacing(() => ({ sub: 'ida' }), { accessToken: { allowNever: true } })

    await expect(tokens.issueAccessToken('ida', { expiresIn: 'never' })).rejects.toThrow('exp')
  })

  it('then requires sub and exp alone, and what requiredClaims names', async () => {
    const tokens = await replacing(() => whole)
    const strict = await replacing(() => whole, { requiredClaims: ['tenant'] })
    const token = await tokens.issueAccessToken('ida')
    const without = (name: string) => reforge(token, { claims: { [name]: undefined } })
    const refused = { errorCode: 'token_claims_invalid' }

    await expect(tokens.verify(token)).resolves.toMatchObject({ claims: whole })
    await expect(tokens.verify(without('sub'))).rejects.toMatchObject(refused)
    await expect(tokens.verify(without('exp'))).rejects.toMatchObject(refused)
    await expect(strict.verify(token)).rejects.toMatchObject(refused)
    await expect(strict.verify(reforge(token, { claims: { tenant: 'acme' } }))).resolves.toBeTruthy()
  })

  it("says in expires_in how long the loader's token lives", async () => {
    const tokens = await replacing(() => whole)

    expect(await tokens.issue('ida', { expiresIn: '5m' })).toMatchObject({ expires_in: 600 })
  })

  it('adds only custom claims of the loader to the refresh token', async () => {
    const tokens = await replacing(() => ({ ...whole, aud: 'elsewhere' }))
    const { claims } = readToken((await tokens.issue('ida')).refresh_token ?? '')

    expect(claims).toMatchObject({
      sub: 'ida',
      role: 'editor',
      exp: now + 30 * 24 * 3600,
      iat: now,
      jti: expect.any(String),
      sid: expect.any(String),
    })
    expect(claims).not.toHaveProperty('aud')
  })

  it('still checks the schema', async () => {
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'this spec',
        validate: (value: unknown) => ('role' in (value as object) ? {} : { issues: [{ message: 'role' }] }),
      },
    }
    const tokens = await replacing((name) => ({ ...whole, role: name === 'ida' ? 'editor' : undefined }), {
      claimsSchema: schema,
    })

    await expect(tokens.issueAccessToken('ida')).resolves.toBeTruthy()
    await expect(tokens.issueAccessToken('eve')).rejects.toMatchObject({ code: 'claims_invalid' })
  })

  it('warns once at boot that tokens may not be revocable', async () => {
    logs.clear()
    await replacing(() => whole, { refreshToken: false })
    const warnings = logs.lines.filter(({ level }) => level === 'warn')

    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.text).toMatch(/claimsMode.*jti.*sid.*not_revocable/)
  })
})

describe("claimsMode: 'extend'", () => {
  it('is the default, and gives no warning', async () => {
    logs.clear()
    const tokens = await replacing(() => ({ role: 'editor' }), {
      claimsMode: undefined,
      refreshToken: false,
    })

    expect(readToken(await tokens.issueAccessToken('ida')).claims).toMatchObject({
      sub: 'ida',
      jti: expect.any(String),
      role: 'editor',
    })
    expect(logs.text('warn')).toBe('')
  })
})
