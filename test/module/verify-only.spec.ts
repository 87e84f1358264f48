import { generateKeyPairSync } from 'node:crypto'
import { Module } from '@nestjs/common'
import { describe, expect, it } from '@jest/globals'
import {
  Authenticator,
  ClaimsLoader,
  InMemorySessionStore,
  JwtAuthConfigError,
  JwtAuthModule,
  TokenService,
} from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'

type Options = Parameters<typeof JwtAuthModule.forRoot>[0]

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const other = generateKeyPairSync('ed25519')
const publicKeys = [publicKey, other.publicKey].map((key) => ({
  algorithm: 'EdDSA' as const,
  publicKey: key,
}))

const start = async (options: Options): Promise<TokenService> =>
  (await startModule({ imports: [JwtAuthModule.forRoot(options)] })).get(TokenService)

async function pathsOf(options: Options): Promise<string[]> {
  try {
    await start(options)
    return []
  } catch (error) {
    if (!(error instanceof JwtAuthConfigError)) throw error
    return error.problems.map(({ path }) => path)
  }
}

describe('an app whose keys can only verify', () => {
  it('verifies', async () => {
    const issuing = await start({ keys: [{ algorithm: 'EdDSA', privateKey }], refreshToken: false })
    const verifying = await start({ keys: publicKeys })

    await expect(verifying.verify(await issuing.issueAccessToken('ida'))).resolves.toMatchObject({
      claims: { sub: 'ida' },
    })
  })

  it('throws signing_disabled for every call that signs, and names the option', async () => {
    const tokens = await start({ keys: publicKeys })
    const calls = [
      () => tokens.issue('ida'),
      () => tokens.issueAccessToken('ida'),
      () => tokens.refresh('x'),
      () => tokens.issueOneTimeToken('reset', 'ida', { expiresIn: '1h' }),
    ]
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({
        code: 'signing_disabled',
        message: expect.stringContaining('`keys`'),
      })
    }
  })

  it('checks sessions if it is given the store of the app that issues', async () => {
    const sessionStore = { useValue: new InMemorySessionStore() }
    const issuing = await start({ keys: [{ algorithm: 'EdDSA', privateKey }], sessionStore })
    const verifying = await start({ keys: publicKeys, sessionStore })
    const { access_token: token, sessionId } = await issuing.issue('ida')

    await expect(verifying.verify(token)).resolves.toBeDefined()
    await issuing.revokeSession(sessionId ?? '')
    await expect(verifying.verify(token)).rejects.toMatchObject({ errorCode: 'token_revoked' })
  })

  it.each<[path: string, options: Options]>([
    [
      'endpoints.refresh',
      { keys: publicKeys, sessionStore: InMemorySessionStore, endpoints: { refresh: true } },
    ],
    ['endpoints.refresh', { keys: publicKeys, endpoints: { refresh: true } }],
    ['endpoints.jwks', { keys: publicKeys, endpoints: { jwks: true } }],
    ['refreshToken', { keys: publicKeys, refreshToken: { expiresIn: '1d' } }],
    ['csrf.secret', { keys: publicKeys, locations: ['cookie'], csrf: { doubleSubmit: true } }],
    ['keys[0]', { keys: [...publicKeys, { algorithm: 'HS256', secret: SECRET }] }],
    [
      'endpoints.login',
      {
        keys: publicKeys,
        endpoints: {
          login: true,
          authenticator: { useValue: { authenticate: () => null } as unknown as Authenticator },
        },
      },
    ],
  ])('does not start with %s', async (path, options) => {
    expect(await pathsOf(options)).toEqual([path])
  })

  it('does not blame an option that is not set for sessions that it does not have', async () => {
    const options = { keys: publicKeys, endpoints: { logout: true } }
    await expect(start(options)).rejects.toThrow(/endpoints\.logout: .* without a key that can sign/)
  })
})

class Flags extends ClaimsLoader {
  loadClaims() {
    return {}
  }
}

@Module({ providers: [Flags] })
class LoaderModule {}

describe('a line of warning at boot', () => {
  const linesOf = async (options: Options) => {
    logs.clear()
    await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET, ...options }), LoaderModule] })
    return logs.lines.filter(({ level }) => level === 'warn').map(({ text }) => text)
  }

  it('says that sessions are kept in memory, unless that was chosen', async () => {
    expect((await linesOf({})).join()).toContain('sessionStore: InMemorySessionStore')
    expect(await linesOf({ sessionStore: InMemorySessionStore })).toEqual([])
    expect(await linesOf({ refreshToken: false })).toEqual([])
  })

  it('says which logins fail without an identity loader', async () => {
    const store = { sessionStore: InMemorySessionStore }
    expect((await linesOf({ ...store, claimsLoader: Flags })).join()).toContain('identity_loader_required')
    expect(await linesOf({ refreshToken: false, claimsLoader: Flags })).toEqual([])
  })
})
