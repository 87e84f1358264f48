import { Controller, Get, Module, UseGuards } from '@nestjs/common'
import { describe, expect, it } from '@jest/globals'
import { Claims, CurrentIdentity, JwtAuthModule, JwtGuard } from '@nest-jwt-auth/core'
import { adapters, startApp, startModule, type Adapter, type RunningApp } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'
import { challengeOf, refused } from '../support/refusals.js'

const OTHER_SECRET = SECRET.split('').toReversed().join('')

@Controller('me')
@UseGuards(JwtGuard)
class MeController {
  @Get()
  me(@Claims('made_by') madeBy: string, @CurrentIdentity() identity: unknown) {
    return { madeBy, identity }
  }
}

function startNamed(adapter: Adapter, name: string, secret: string): Promise<RunningApp> {
  const auth = JwtAuthModule.forRoot({
    secret,
    realm: name,
    claimsLoader: { useValue: { loadClaims: () => ({ made_by: name }) } },
    identityLoader: { useValue: { loadIdentity: () => `identity of ${name}` } },
  })
  return startApp(adapter, { imports: [auth], controllers: [MeController] })
}

describe.each(adapters)('two apps in one process on $name', (adapter) => {
  it('never see each other, though they share their controllers', async () => {
    const one = await startNamed(adapter, 'one', SECRET)
    const two = await startNamed(adapter, 'two', OTHER_SECRET)

    for (const [app, name] of [
      [one, 'one'],
      [two, 'two'],
    ] as const) {
      const token = await app.tokens.issueAccessToken('ida')
      expect(await app.get('/me', token)).toMatchObject({
        status: 200,
        body: { madeBy: name, identity: `identity of ${name}` },
      })
      expect(challengeOf(await app.get('/me'))?.parameters['realm']).toBe(name)
    }
    const foreign = await two.tokens.issueAccessToken('ida')
    expect(await one.get('/me', foreign)).toMatchObject(refused(401, 'token_signature_invalid'))
  })

  it('outlive each other', async () => {
    const one = await startNamed(adapter, 'one', SECRET)
    const two = await startNamed(adapter, 'two', OTHER_SECRET)
    await one.nest.close()
    const token = await two.tokens.issueAccessToken('ida')

    expect(await two.get('/me', token)).toMatchObject({ status: 200, body: { madeBy: 'two' } })
  })
})

describe('two apps with one secret', () => {
  it("accept each other's tokens", async () => {
    const [adapter] = adapters
    const one = await startNamed(adapter!, 'same', SECRET)
    const two = await startNamed(adapter!, 'same', SECRET)
    const token = await one.tokens.issueAccessToken('ida')

    expect(await two.get('/me', token)).toMatchObject({ status: 200 })
    expect(readToken(token).header['kid']).toBe(
      readToken(await two.tokens.issueAccessToken('ida')).header['kid'],
    )
  })
})

describe('a second instance in one app', () => {
  it('stops the start', async () => {
    @Module({ imports: [JwtAuthModule.forRoot({ secret: OTHER_SECRET })] })
    class FeatureModule {}
    const first = JwtAuthModule.forRoot({ secret: SECRET })

    await expect(startModule({ imports: [first, FeatureModule] })).rejects.toThrow('JwtAuthModule')
  })

  it('stops the start when one of them is made by a factory', async () => {
    const first = JwtAuthModule.forRoot({ secret: SECRET })
    const second = JwtAuthModule.forRootAsync({ useFactory: () => ({ secret: OTHER_SECRET }) })

    await expect(startModule({ imports: [first, second] })).rejects.toThrow('JwtAuthModule')
  })
})
