import { createHmac, sign } from 'node:crypto'
import { beforeEach, describe, expect, it } from '@jest/globals'
import {
  JwtAuthModule,
  type JwtAuthOptions,
  type LegacyTokenContext,
  TokenService,
} from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../support/adapters.js'
import { breakSignature, encodePart, forgeToken, readToken, reforge, SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { DAY, FORMER_SECRET, formerToken, legacyTokens, NOW, p256, rsa, START } from './former-app.js'

const clock = new FakeClock(START)

beforeEach(() => clock.set(START))

async function appWith(options: JwtAuthOptions = {}): Promise<TokenService> {
  const imports = [JwtAuthModule.forRoot({ secret: SECRET, legacyTokens, ...options })]
  return (await startModule({ imports }, { clock })).get(TokenService)
}

const accepting = (accept: unknown) =>
  appWith({ legacyTokens: { ...legacyTokens, accept: accept as () => boolean } })

const refusal = (errorCode: string) => ({ errorCode, status: 401 })

describe('a token of the former code', () => {
  it('is an access token with the claims that the former code wrote', async () => {
    const tokens = await appWith()
    const text = formerToken({ username: 'ada', roles: ['admin'], iss: 'shop', aud: ['web'] })
    const token = await tokens.verify(text)
    expect(token).toMatchObject({ kind: 'access', header: { alg: 'HS256', typ: 'JWT' } })
    expect(token.claims).toEqual({
      sub: '7',
      iat: NOW,
      exp: NOW + 7 * DAY,
      username: 'ada',
      roles: ['admin'],
      iss: 'shop',
      aud: ['web'],
    })
    expect(Object.isFrozen(token.claims)).toBe(true)
  })

  it('has no typ, or JWT, and nothing else', async () => {
    const tokens = await appWith()
    const { claims } = readToken(formerToken())
    const withHeader = (header: Record<string, unknown>) =>
      tokens.verify(forgeToken({ alg: 'HS256', ...header }, claims, FORMER_SECRET))
    for (const header of [{}, { typ: 'JWT' }, { typ: 'JWT', more: 1 }]) {
      expect(await withHeader(header)).toMatchObject({ claims: { sub: '7' } })
    }
    for (const typ of ['at+jwt', 'rt+jwt', 'password-reset+jwt', 'JWS', 'jwt', '', 'application/jwt']) {
      await expect(withHeader({ typ })).rejects.toMatchObject(refusal('token_wrong_type'))
    }
    for (const header of [{ typ: null }, { crit: ['exp'] }, { b64: true }, { zip: 'DEF' }, { cty: 'JWT' }]) {
      await expect(withHeader(header)).rejects.toMatchObject(refusal('token_malformed'))
    }
  })

  it('is refused where the option is not set', async () => {
    const tokens = await appWith({ legacyTokens: undefined })
    await expect(tokens.verify(formerToken())).rejects.toMatchObject(refusal('token_signature_invalid'))
  })

  it('must have sub and exp', async () => {
    const tokens = await appWith()
    const invalid = refusal('token_claims_invalid')
    await expect(tokens.verify(formerToken({ sub: undefined }))).rejects.toMatchObject(invalid)
    const { header, claims } = readToken(formerToken())
    const endless = forgeToken(header, { ...claims, exp: undefined }, FORMER_SECRET)
    await expect(tokens.verify(endless)).rejects.toMatchObject(invalid)
    const allowed = await appWith({ accessToken: { allowNever: true } })
    await expect(allowed.verify(endless)).rejects.toMatchObject(invalid)
  })

  it.each([
    [7, '7'],
    [0, '0'],
    [-1, '-1'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    ['seven', 'seven'],
  ])('sub %p becomes %p', async (sub, expected) => {
    const tokens = await appWith()
    expect((await tokens.verify(formerToken({ sub }))).claims.sub).toBe(expected)
  })

  it.each([2 ** 53, 1.5, 1e300, '', 's'.repeat(256), true, null, { id: 7 }, ['7']])(
    'sub %p is refused, never taken for another user',
    async (sub) => {
      const tokens = await appWith()
      const { header, claims } = readToken(formerToken())
      const text = forgeToken(header, { ...claims, sub }, FORMER_SECRET)
      await expect(tokens.verify(text)).rejects.toMatchObject(refusal('token_claims_invalid'))
    },
  )

  it('a number with more digits than JavaScript can hold is refused', async () => {
    const tokens = await appWith()
    const payload = `{"sub":9007199254740993,"exp":${NOW + DAY}}`
    const text = forgeToken({ alg: 'HS256' }, payload, FORMER_SECRET)
    await expect(tokens.verify(text)).rejects.toMatchObject(refusal('token_claims_invalid'))
  })

  it('is good until its exp, whatever was remembered, and not before nbf and iat', async () => {
    const tokens = await appWith()
    const text = formerToken({ exp: NOW + 60 })
    await tokens.verify(text)
    clock.advance(59)
    await tokens.verify(text)
    clock.advance(1)
    await expect(tokens.verify(text)).rejects.toMatchObject(refusal('token_expired'))
    const later = NOW + 60 + 6
    for (const claims of [{ nbf: later }, { iat: later }]) {
      await expect(tokens.verify(formerToken(claims))).rejects.toMatchObject(refusal('token_not_active'))
    }
    await expect(tokens.verify(formerToken({ iat: NOW + 8 * DAY }))).rejects.toMatchObject(
      refusal('token_claims_invalid'),
    )
  })

  it('is good until the date of the option, to the second, and then never again', async () => {
    const tokens = await appWith()
    const text = formerToken({ exp: NOW + 60 * DAY })
    expect((await tokens.verify(text)).claims.exp).toBe(NOW + 30 * DAY)
    clock.set(START + 30 * DAY * 1000 - 1)
    await tokens.verify(text)
    clock.set(START + 30 * DAY * 1000)
    await expect(tokens.verify(text)).rejects.toMatchObject(refusal('token_expired'))
    await expect(
      tokens.verify(formerToken({ exp: NOW + 60 * DAY, iat: NOW + 29 * DAY })),
    ).rejects.toMatchObject(refusal('token_expired'))
  })

  it('clockTolerance is for its dates, and not for the date of the option', async () => {
    const tokens = await appWith({ clockTolerance: '1m' })
    const text = formerToken({ exp: NOW + 10 })
    clock.advance(69)
    await tokens.verify(text)
    clock.set(START + 30 * DAY * 1000)
    const long = formerToken({ exp: NOW + 60 * DAY })
    await expect(tokens.verify(long)).rejects.toMatchObject(refusal('token_expired'))
  })

  it('needs no iss and aud; if they are there, they must be those of the options', async () => {
    const tokens = await appWith({ issuer: ['https://api.example', 'shop'], audience: ['web', 'api'] })
    for (const claims of [{}, { iss: 'shop' }, { aud: 'api' }, { aud: ['other', 'web'] }]) {
      expect(await tokens.verify(formerToken(claims))).toMatchObject({ claims })
    }
    for (const claims of [{ iss: 'other' }, { aud: 'other' }, { aud: [] }]) {
      await expect(tokens.verify(formerToken(claims))).rejects.toMatchObject(refusal('token_claims_invalid'))
    }
  })

  it('need not satisfy requiredClaims and claimsSchema, which are for the tokens of now', async () => {
    const validate = () => ({ issues: [{ message: 'no' }] })
    const tokens = await appWith({
      requiredClaims: ['tenant'],
      claimsSchema: { '~standard': { version: 1, vendor: 'test', validate } },
    })
    expect(await tokens.verify(formerToken())).toMatchObject({ claims: { sub: '7' } })
  })

  it('knows nothing of our sessions and logins: jti, sid and auth_time mean nothing', async () => {
    const tokens = await appWith()
    const pair = await tokens.issue('8')
    const text = formerToken({ jti: 'one', sid: pair.sessionId, auth_time: NOW })
    expect((await tokens.verify(text)).claims).toEqual({ sub: '7', iat: NOW, exp: NOW + 7 * DAY })
    expect((await tokens.verify(formerToken({ auth_time: 'now', sid: 5 }))).claims.sub).toBe('7')
  })
})

describe('accept', () => {
  it.each([
    ['true', () => true],
    ['a promise of true', () => Promise.resolve(true)],
  ])('%s: accepted', async (_, accept) => {
    expect(await (await accepting(accept)).verify(formerToken())).toMatchObject({ claims: { sub: '7' } })
  })

  it.each<[string, unknown]>([
    ['false', () => false],
    ['undefined', () => undefined],
    ['1', () => 1],
    ["'true'", () => 'true'],
    ['an object', () => ({})],
    ['a Boolean', () => Object(true) as unknown],
    ['a promise of 1', () => Promise.resolve(1)],
    ['a promise of false', () => Promise.resolve(false)],
  ])('%s: refused', async (_, accept) => {
    const tokens = await accepting(accept)
    await expect(tokens.verify(formerToken())).rejects.toMatchObject(refusal('token_claims_invalid'))
  })

  it.each<[string, unknown]>([
    [
      'throws',
      () => {
        throw new Error('the list is away')
      },
    ],
    ['rejects', () => Promise.reject(new Error('the list is away'))],
    ['has a mistake', (claims: { user: { id: number } }) => claims.user.id === 1],
  ])('%s: refused and logged, without the token', async (_, accept) => {
    const tokens = await accepting(accept)
    logs.clear()
    const text = formerToken({ email: 'ada@example.com' })
    await expect(tokens.verify(text)).rejects.toMatchObject(refusal('token_claims_invalid'))
    expect(logs.text('error')).toContain('legacyTokens.accept threw an error, so the token is refused.')
    expect(logs.text()).not.toContain('ada@example.com')
    expect(logs.text()).not.toContain(text.slice(-20))
  })

  it('gets the claims and the header as they were signed, frozen', async () => {
    const asked: unknown[] = []
    const tokens = await accepting((claims: object, context: object) => {
      asked.push(claims, context)
      return true
    })
    const text = formerToken({ sub: 7, sid: 'old', roles: ['a'] })
    await tokens.verify(text)
    await tokens.exchangeLegacy(text)
    const claims = { sub: 7, iat: NOW, exp: NOW + 7 * DAY, sid: 'old', roles: ['a'] }
    const header = { alg: 'HS256', typ: 'JWT' }
    const context = { header, token: text }
    expect(asked).toEqual([
      claims,
      { ...context, purpose: 'access' },
      claims,
      { ...context, purpose: 'exchange' },
    ])
    expect(asked.every((value) => Object.isFrozen(value))).toBe(true)
  })

  it('may accept a former refresh token for an exchange alone', async () => {
    const tokens = await accepting((_: object, { purpose }: LegacyTokenContext) => purpose === 'exchange')
    const text = formerToken({ type: 'refresh' })
    await expect(tokens.verify(text)).rejects.toMatchObject(refusal('token_claims_invalid'))
    const pair = await tokens.exchangeLegacy(text)
    await tokens.verify(pair.access_token)
    await expect(tokens.verify(text)).rejects.toMatchObject(refusal('token_claims_invalid'))
    await expect(tokens.exchangeLegacy(text)).rejects.toMatchObject(refusal('token_revoked'))
  })

  it('is asked at every use, so that a list of revoked tokens counts immediately', async () => {
    const revoked = new Set<unknown>()
    const tokens = await accepting(async (claims: { jti: string }) => !revoked.has(claims.jti))
    const text = formerToken({ jti: 'one' })
    await tokens.verify(text)
    revoked.add('one')
    await expect(tokens.verify(text)).rejects.toMatchObject(refusal('token_claims_invalid'))
    revoked.clear()
    await tokens.verify(text)
  })

  it('is not asked about what is refused anyway', async () => {
    let asked = 0
    const accept = () => ++asked > 0
    const tokens = await appWith({ audience: 'web', legacyTokens: { ...legacyTokens, accept } })
    const { header, claims } = readToken(formerToken())
    for (const text of [
      breakSignature(formerToken()),
      formerToken({ exp: NOW - 1, iat: NOW - 2 }),
      formerToken({ aud: 'another-app' }),
      forgeToken({ ...header, typ: 'rt+jwt' }, claims, FORMER_SECRET),
    ]) {
      await expect(tokens.verify(text)).rejects.toMatchObject({ status: 401 })
    }
    clock.set(legacyTokens.until)
    await expect(tokens.verify(formerToken({ exp: NOW + 60 * DAY }))).rejects.toMatchObject({ status: 401 })
    expect(asked).toBe(0)
  })
})

describe('attacks', () => {
  const invalid = refusal('token_signature_invalid')

  it('a key of one time signs nothing of the other', async () => {
    const tokens = await appWith()
    const own = await tokens.issueAccessToken('7')
    const { kid } = readToken(own).header
    const { claims } = readToken(formerToken())
    const attempts = [
      // The own secret where the former one belongs, and the other way round.
      forgeToken({ alg: 'HS256', typ: 'JWT' }, claims, SECRET),
      forgeToken({ alg: 'HS256' }, claims, SECRET),
      reforge(own, { header: { kid: undefined } }),
      reforge(own, { header: { kid: undefined, typ: 'JWT' } }),
      reforge(own, { secret: FORMER_SECRET }),
      forgeToken({ alg: 'HS256', kid, typ: 'JWT' }, claims, FORMER_SECRET),
      forgeToken({ alg: 'HS256', kid: '', typ: 'JWT' }, claims, FORMER_SECRET),
      forgeToken({ alg: 'HS256', kid: 'legacy', typ: 'JWT' }, claims, FORMER_SECRET),
      breakSignature(formerToken()),
      `${formerToken().split('.').slice(0, 2).join('.')}.`,
      formerToken({}, 'another-secret-of-another-app-4711!!'),
    ]
    for (const text of attempts) await expect(tokens.verify(text)).rejects.toMatchObject(invalid)
    // With the former key, but of the type of now.
    const stripped = reforge(own, { header: { kid: undefined }, secret: FORMER_SECRET })
    await expect(tokens.verify(stripped)).rejects.toMatchObject(refusal('token_wrong_type'))
  })

  it('another algorithm than the one of the option', async () => {
    const tokens = await appWith()
    const { claims } = readToken(formerToken())
    const attempts = [
      forgeToken({ alg: 'HS512', typ: 'JWT' }, claims, FORMER_SECRET, 'sha512'),
      forgeToken({ alg: 'HS384', typ: 'JWT' }, claims, FORMER_SECRET, 'sha384'),
      `${encodePart({ alg: 'none', typ: 'JWT' })}.${encodePart(claims)}.`,
      `${encodePart({ alg: 'hs256', typ: 'JWT' })}.${formerToken().split('.').slice(1).join('.')}`,
    ]
    for (const text of attempts) await expect(tokens.verify(text)).rejects.toMatchObject(invalid)
  })

  it.each(['spki', 'pkcs1'] as const)('a public key (%s) used as an HMAC secret', async (type) => {
    const { secret: _secret, ...others } = legacyTokens
    const tokens = await appWith({
      legacyTokens: { ...others, algorithm: 'RS256', publicKey: rsa.publicKey },
    })
    const input = (header: object) => `${encodePart({ ...header })}.${formerToken().split('.')[1]}`
    const signed = input({ alg: 'RS256', typ: 'JWT' })
    const good = `${signed}.${sign('sha256', Buffer.from(signed), rsa.privateKey).toString('base64url')}`
    expect(await tokens.verify(good)).toMatchObject({ claims: { sub: '7' } })

    for (const format of ['pem', 'der'] as const) {
      const key = rsa.publicKey.export({ type, format: format as 'pem' })
      for (const alg of ['HS256', 'RS256']) {
        const text = input({ alg, typ: 'JWT' })
        const forged = `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
        await expect(tokens.verify(forged)).rejects.toMatchObject(invalid)
      }
    }
  })

  it('a header that would make it immune to revokeAll', async () => {
    const tokens = await appWith()
    const { claims } = readToken(formerToken())
    const withGeneration = (generation: unknown) =>
      forgeToken({ alg: 'HS256', generation }, claims, FORMER_SECRET)
    await tokens.revokeAll('7')
    const own = readToken(await tokens.issueAccessToken('7')).header['generation']
    expect(typeof own).toBe('number')
    await expect(tokens.verify(withGeneration(own))).rejects.toMatchObject(refusal('token_revoked'))
  })

  it('is no other kind of token, once its signature is found good', async () => {
    const tokens = await appWith()
    for (const call of [
      (text: string) => tokens.verify(text, { kind: 'refresh' }),
      (text: string) => tokens.refresh(text),
      (text: string) => tokens.consumeOneTimeToken('password-reset', text),
      (text: string) => tokens.revoke(text),
    ]) {
      await expect(call(formerToken())).rejects.toMatchObject(refusal('token_wrong_type'))
      await expect(call(breakSignature(formerToken()))).rejects.toMatchObject(
        refusal('token_signature_invalid'),
      )
    }
    expect(await tokens.verify(formerToken())).toMatchObject({ claims: { sub: '7' } })
  })
})

describe('beside tokens of another issuer', () => {
  const partner = 'https://partner.example'
  const jwk = { ...p256.publicKey.export({ format: 'jwk' }), alg: 'ES256' }
  const issuers: JwtAuthOptions['issuers'] = [
    { issuer: partner, keys: { keys: [jwk] }, audience: 'web', algorithms: ['ES256'], tokenTypes: ['JWT'] },
  ]
  const options: JwtAuthOptions = { issuer: 'shop', audience: 'web', issuers }
  /** By the partner, and without `kid`, as an issuer with one key may. */
  const byPartner = (claims: object) => {
    const input = `${encodePart({ alg: 'ES256', typ: 'JWT' })}.${encodePart({ ...readToken(formerToken()).claims, ...claims })}`
    const key = { key: p256.privateKey, dsaEncoding: 'ieee-p1363' } as const
    return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
  }

  it('are ours where iss is absent or ours', async () => {
    const tokens = await appWith(options)
    for (const claims of [{}, { iss: 'shop' }]) {
      expect(await tokens.verify(formerToken(claims))).toMatchObject({ claims: { sub: '7' } })
    }
    expect(await tokens.verify(byPartner({ iss: partner, aud: 'web' }))).toMatchObject({
      claims: { sub: `${partner}|7` },
    })
  })

  it('are not the subjects of that issuer, in an app that only verifies too', async () => {
    const imports = [JwtAuthModule.forRoot({ legacyTokens, issuers })]
    const tokens = (await startModule({ imports }, { clock })).get(TokenService)
    const { claims } = await tokens.verify(byPartner({ iss: partner, aud: 'web', role: 'admin' }))
    expect(claims).toMatchObject({ sub: `${partner}|7` })
    expect(claims).not.toHaveProperty('role')
    expect(await tokens.verify(formerToken({ role: 'admin' }))).toMatchObject({
      claims: { sub: '7', role: 'admin' },
    })
  })

  it('the key of one signs nothing of the other, and nobody is nobody', async () => {
    const tokens = await appWith(options)
    for (const text of [
      formerToken({ iss: partner, aud: 'web' }),
      formerToken({ iss: 'https://nobody.example' }),
      byPartner({ aud: 'web' }),
      byPartner({ iss: 'shop', aud: 'web' }),
    ]) {
      await expect(tokens.verify(text)).rejects.toMatchObject(refusal('token_signature_invalid'))
      await expect(tokens.exchangeLegacy(text)).rejects.toMatchObject(refusal('token_signature_invalid'))
    }
    await expect(tokens.exchangeLegacy(byPartner({ iss: partner, aud: 'web' }))).rejects.toMatchObject(
      refusal('token_wrong_type'),
    )
  })
})

describe('revokeAll', () => {
  it('ends all legacy tokens of the subject, those of nobody else, and no token of now that comes later', async () => {
    const tokens = await appWith()
    const [one, two, other] = [formerToken(), formerToken({ sub: 7, n: 2 }), formerToken({ sub: '8' })]
    for (const text of [one, two, other]) await tokens.verify(text)
    await tokens.revokeAll(7)
    for (const text of [one, two, formerToken({ iat: NOW + 5 })]) {
      await expect(tokens.verify(text)).rejects.toMatchObject(refusal('token_revoked'))
    }
    await tokens.verify(other)
    await tokens.verify(await tokens.issueAccessToken('7'))
    await tokens.verify((await tokens.issue('7')).access_token)
    clock.set(START + 20 * DAY * 1000)
    const late = formerToken({ exp: NOW + 25 * DAY })
    await expect(tokens.verify(late)).rejects.toMatchObject(refusal('token_revoked'))
  })

  it('leaves them alone where only sessions end, or tokens of now', async () => {
    const tokens = await appWith({ sessions: { max: 1 } })
    const text = formerToken()
    const pair = await tokens.issue('7')
    await tokens.revoke(pair.access_token)
    await tokens.revoke((await tokens.issue('7')).refresh_token ?? '')
    await tokens.issueAccessToken('7')
    expect(await tokens.verify(text)).toMatchObject({ claims: { sub: '7' } })
  })
})

describe('an app without sessions, and one that only verifies', () => {
  it('accepts them too', async () => {
    const options: JwtAuthOptions[] = [
      { refreshToken: false },
      { secret: undefined, keys: [{ algorithm: 'ES256', publicKey: p256.publicKey }] },
      { claimsMode: 'replace' },
    ]
    for (const option of options) {
      const tokens = await appWith(option)
      expect(await tokens.verify(formerToken())).toMatchObject({ claims: { sub: '7' } })
    }
  })

  it('has no exchange', async () => {
    const stateless = await appWith({ refreshToken: false })
    await expect(stateless.exchangeLegacy(formerToken())).rejects.toMatchObject({ code: 'sessions_disabled' })
    const verifying = await appWith({
      secret: undefined,
      keys: [{ algorithm: 'ES256', publicKey: p256.publicKey }],
    })
    await expect(verifying.exchangeLegacy(formerToken())).rejects.toMatchObject({ code: 'signing_disabled' })
  })
})
