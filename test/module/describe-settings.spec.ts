import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { describe, expect, it } from '@jest/globals'
import { describeSettings, InMemoryKeyStore, InMemorySessionStore, JwtAuthModule } from '@nest-jwt-auth/core'
import { FORMER_SECRET, legacyTokens } from '../legacy-tokens/former-app.js'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

const IN_A_DAY = new Date(Date.now() + 86_400_000)

type Options = Parameters<typeof JwtAuthModule.forRoot>[0]

const settingsOf = async (options: Options) =>
  describeSettings(await startModule({ imports: [JwtAuthModule.forRoot(options)] }))

describe('describeSettings', () => {
  it('describes cookies, CSRF rules, issuers and ready-made routes', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'd' }
    const settings = await settingsOf({
      secret: SECRET,
      issuer: 'https://own.example',
      locations: ['header', 'cookie'],
      cookies: { domain: 'example.com', sameSite: 'strict', refreshToken: { path: '/auth' } },
      csrf: { trustedOrigins: ['https://app.example.com'] },
      issuers: [
        { issuer: 'https://a.example/', algorithms: ['ES256'], audience: 'api' },
        {
          issuer: 'https://b.example',
          jwksUrl: 'https://b.example/keys',
          algorithms: ['ES256'],
          audience: 'api',
        },
        {
          issuer: 'https://c.example',
          discovery: 'https://meta.example/c',
          algorithms: ['ES256'],
          audience: 'api',
        },
        { issuer: 'https://d.example', keys: { keys: [jwk] }, algorithms: ['ES256'], audience: 'api' },
      ],
      endpoints: { path: 'sign', refresh: true, sessions: true },
    })

    const shared = { domain: 'example.com', sameSite: 'strict', secure: true }
    expect(settings).toMatchObject({
      cookies: {
        accessToken: { ...shared, name: '__Secure-access_token', path: '/' },
        refreshToken: { ...shared, name: '__Secure-refresh_token', path: '/auth' },
      },
      csrf: { trustedOrigins: ['https://app.example.com'], doubleSubmit: false },
      issuer: 'https://own.example',
      issuers: [
        { issuer: 'https://a.example/', url: 'https://a.example/.well-known/openid-configuration' },
        { issuer: 'https://b.example', url: 'https://b.example/keys' },
        { issuer: 'https://c.example', url: 'https://meta.example/c' },
        { issuer: 'https://d.example', url: undefined },
      ],
      endpoints: { path: 'sign', routes: ['refresh', 'sessions', 'endSession'] },
      keyStore: undefined,
    })
    expect(settings.sessionStore).toBeInstanceOf(InMemorySessionStore)
  })

  it('leaves out what an app does without', async () => {
    const settings = await settingsOf({ secret: SECRET, refreshToken: false })
    expect(settings).toMatchObject({
      cookies: undefined,
      sessionStore: undefined,
      identityLoader: undefined,
      keyStore: undefined,
      issuers: [],
    })
  })

  it('knows the secrets of the app in every form, and shows none', async () => {
    const bytes = randomBytes(48)
    const csrf = randomBytes(48).toString('base64url')
    const wrap = randomBytes(48).toString('hex')
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const cookie = { locations: ['cookie'], csrf: { doubleSubmit: true, secret: csrf } } as const
    const own = await settingsOf({
      keys: [
        { algorithm: 'ES256', privateKey },
        { algorithm: 'HS256', secret: bytes },
      ],
      ...cookie,
    })
    const former = await settingsOf({ secret: SECRET, legacyTokens: { ...legacyTokens, until: IN_A_DAY } })
    const rotating = await settingsOf({
      keyRotation: { wrap: [{ id: 'a', secret: wrap }] },
      keyStore: InMemoryKeyStore,
    })

    const known = [
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex'),
      csrf,
      pem,
      pem.replaceAll('\n', String.raw`\n`),
      JSON.stringify(privateKey.export({ format: 'jwk' })),
    ]
    expect(known.map(own.isSecret)).toEqual(known.map(() => true))
    expect(rotating.isSecret(wrap)).toBe(true)
    expect([SECRET, FORMER_SECRET].map(former.isSecret)).toEqual([true, true])
    expect([wrap, '', 'PRIVATE KEY', '{"d":', `${csrf}x`].map(own.isSecret)).not.toContain(true)
    const shown = inspect([own, former, rotating], { depth: 20, showHidden: true })
    for (const secret of [...known, wrap, FORMER_SECRET]) expect(shown).not.toContain(secret)
  })

  it('says what an app is missing', async () => {
    @Module({})
    class Empty {}
    @Module({ imports: [JwtAuthModule.forRoot({ secret: SECRET })] })
    class Previewed {}
    const without = await startModule({ imports: [Empty] })
    const preview = await NestFactory.create(Previewed, { preview: true, logger: false })

    expect(() => describeSettings(without)).toThrow(/does not import JwtAuthModule.*forRoot/)
    expect(() => describeSettings(preview)).toThrow(/without `preview: true`/)
  })
})
