import { inspect } from 'node:util'
import { Injectable } from '@nestjs/common'
import { describe, expect, it } from '@jest/globals'
import { ClaimsLoader, JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

describe('what the app holds in its hands', () => {
  it('shows no secret when the module is printed', async () => {
    const app = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET })] })

    expect(inspect(app.get(JwtAuthModule), { depth: 8 })).not.toContain(SECRET)
    expect(inspect(JwtAuthModule.forRoot({ secret: SECRET }), { depth: 8 })).not.toContain(SECRET)
  })

  it('is copied: claims that change while a loader is awaited can not become reserved ones', async () => {
    const claims: Record<string, unknown> = { plan: 'free' }
    @Injectable()
    class SlowClaims implements ClaimsLoader {
      async loadClaims() {
        claims['sub'] = 'root'
        return {}
      }
    }
    const app = await startModule({
      imports: [JwtAuthModule.forRoot({ secret: SECRET, claimsLoader: SlowClaims })],
      providers: [SlowClaims],
    })
    const tokens = app.get(TokenService)

    const token = await tokens.issueAccessToken('ida', { claims })

    expect(tokens.decodeUnverified(token).claims).toMatchObject({ sub: 'ida', plan: 'free' })
  })

  it('an audience that changes after boot changes nothing', async () => {
    const audience = ['shop']
    const app = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET, audience })] })
    audience.push('bank')
    const tokens = app.get(TokenService)

    const token = await tokens.issueAccessToken('ida')

    expect(tokens.decodeUnverified(token).claims['aud']).toEqual(['shop'])
    await tokens.verify(token)
  })

  it('a class that extends the module is a second instance too', async () => {
    class OtherModule extends JwtAuthModule {}
    const imports = [JwtAuthModule.forRoot({ secret: SECRET }), OtherModule.forRoot({ secret: SECRET })]

    await expect(startModule({ imports })).rejects.toMatchObject({ problems: [{ path: 'JwtAuthModule' }] })
  })

  it.each(['', NaN, undefined, { id: 7 }, 'x'.repeat(256)])(
    '%p is nobody whose tokens could be revoked',
    async (subject) => {
      const app = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET })] })

      await expect(app.get(TokenService).revokeAll(subject as string)).rejects.toMatchObject({
        code: 'subject_invalid',
      })
    },
  )
})

it('revokeAll reaches tokens that were issued before the app had sessions, as long as they live', async () => {
  const clock = new FakeClock()
  const before = await startModule(
    { imports: [JwtAuthModule.forRoot({ secret: SECRET, refreshToken: false })] },
    { clock },
  )
  const old = await before.get(TokenService).issueAccessToken('ida', { expiresIn: '30d' })
  const after = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET })] }, { clock })
  const tokens = after.get(TokenService)
  await tokens.verify(old)

  await tokens.revokeAll('ida')
  clock.advance('29d')

  await expect(tokens.verify(old)).rejects.toMatchObject({ errorCode: 'token_revoked' })
})
