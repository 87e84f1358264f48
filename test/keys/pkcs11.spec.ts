import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { InMemorySessionStore, JwtAuthModule, TokenService, type JwtKey } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { describeWith } from '../support/services.js'
import { SoftHsm } from './softhsm.js'

describeWith('softhsm', 'a key in a PKCS#11 token', (module) => {
  let hsm: SoftHsm

  beforeAll(() => {
    hsm = new SoftHsm(module)
  })

  afterAll(() => hsm.close())

  async function start(algorithm: 'ES256' | 'ES384' | 'ES512' | 'RS256' | 'PS256' | 'EdDSA') {
    const key = hsm.newKey(algorithm)
    const keys: JwtKey[] = [{ algorithm, publicKey: key.publicKey, sign: key.sign }]
    const auth = JwtAuthModule.forRoot({ keys, sessionStore: InMemorySessionStore })
    return { key, tokens: (await startModule({ imports: [auth] })).get(TokenService) }
  }

  it.each(['ES256', 'ES384', 'ES512', 'RS256', 'PS256', 'EdDSA'] as const)(
    'signs by %s',
    async (algorithm) => {
      const { tokens } = await start(algorithm)
      const pair = await tokens.issue('ida')
      const next = await tokens.refresh(pair.refreshToken ?? '')

      await expect(tokens.verify(next.accessToken)).resolves.toMatchObject({ claims: { sub: 'ida' } })
      const { payload } = await jwtVerify(next.accessToken, createLocalJWKSet(tokens.publicKeys()))
      expect(payload.sub).toBe('ida')
    },
  )

  it('stays in the token', async () => {
    for (const algorithm of ['ES256', 'RS256'] as const) {
      const { key } = await start(algorithm)
      expect(() => key.exportPrivateKey()).toThrow(/CKR_ATTRIBUTE_SENSITIVE|SENSITIVE/)
    }
  })

  it('signs for many at the same time', async () => {
    const { tokens } = await start('ES256')
    const issued = await Promise.all(Array.from({ length: 100 }, () => tokens.issueAccessToken('ida')))

    expect(new Set(issued).size).toBe(100)
    for (const token of issued) await expect(tokens.verify(token)).resolves.toBeDefined()
  })

  it('cannot sign once the token is gone: 503, and what was issued stays good', async () => {
    const { tokens } = await start('ES256')
    const { accessToken, refreshToken = '' } = await tokens.issue('ida')
    hsm.disconnect()

    await expect(tokens.refresh(refreshToken)).rejects.toMatchObject({
      errorCode: 'keys_unavailable',
      status: 503,
    })
    await expect(tokens.verify(accessToken)).resolves.toBeDefined()
    await expect(tokens.verify(refreshToken, { kind: 'refresh' })).resolves.toBeDefined()
  })
})
