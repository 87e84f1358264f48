import { Controller, Get, UseGuards } from '@nestjs/common'
import { describe, expect, it } from '@jest/globals'
import { Claims, JwtAuthModule, JwtGuard, KeyService, type JwtKey } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, startApp } from '../support/adapters.js'
import { refused } from '../support/refusals.js'
import { TestKeyStore, WRAP } from '../keys/fleet.js'
import { keyPairs, kms } from '../keys/key-pairs.js'

@Controller('me')
@UseGuards(JwtGuard)
class MeController {
  @Get()
  me(@Claims('sub') sub: string) {
    return { sub }
  }
}

const issuer = 'https://auth.example'
const audience = 'orders'
const shared = { issuer, audience, refreshToken: false, endpoints: { jwks: true } } as const
const inKms: JwtKey = { algorithm: 'ES256', publicKey: keyPairs.ES256.publicKey, sign: kms('ES256') }
const inMemory: JwtKey = { algorithm: 'EdDSA', privateKey: keyPairs.EdDSA.privateKey }

type Options = Parameters<typeof JwtAuthModule.forRoot>[0]

describe.each(adapters)('on $name an app that verifies the tokens of another one', (adapter) => {
  async function startBoth(options: Options) {
    const clock = new FakeClock(Date.parse('2030-01-01T00:00:00Z'))
    const auth = await startApp(adapter, { imports: [JwtAuthModule.forRoot(options)] }, { clock })
    const jwksUrl = `http://127.0.0.1:${auth.port}/.well-known/jwks.json`
    const verifying = JwtAuthModule.forRoot({
      issuers: [{ issuer, jwksUrl, audience, algorithms: ['ES256', 'EdDSA'] }],
    })
    const orders = await startApp(adapter, { imports: [verifying], controllers: [MeController] }, { clock })
    return { auth, orders, clock }
  }

  it.each<[string, JwtKey[]]>([
    ['in memory', [inMemory]],
    ['in a KMS', [inKms]],
    [
      'of several kinds',
      [inKms, inMemory, { algorithm: 'HS256', secret: 'kV8-qzJ2.fixture!7WmxT4pL9sR0bN3+Hd' }],
    ],
  ])('has its keys from its key set: keys %s', async (_, keys) => {
    const { auth, orders } = await startBoth({ ...shared, keys })
    const token = await auth.tokens.issueAccessToken('ida')

    expect(await orders.get('/me', token)).toMatchObject({ status: 200, body: { sub: 'ida' } })
    expect(await orders.get('/me', `${token.slice(0, -8)}AAAAAAAA`)).toMatchObject(
      refused(401, 'token_signature_invalid'),
    )
  })

  it('follows its rotations', async () => {
    const store = new TestKeyStore()
    const rotation = { keyRotation: { wrap: WRAP }, keyStore: { useValue: store } }
    const { auth, orders, clock } = await startBoth({ ...shared, ...rotation })
    const first = await auth.tokens.issueAccessToken('ida')
    expect((await orders.get('/me', first)).status).toBe(200)
    clock.advance('1m')
    await auth.nest.get(KeyService).rotate({ immediately: true })
    const second = await auth.tokens.issueAccessToken('ida')

    expect(await orders.get('/me', second)).toMatchObject({ status: 200 })
    expect(await orders.get('/me', first)).toMatchObject({ status: 200 })
  })
})
