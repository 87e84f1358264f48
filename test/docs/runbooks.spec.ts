import { describe, expect, it } from '@jest/globals'
import { type JwtAuthOptions, JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'

const [OLD, NEW] = ['g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ', 'Zx7pQ2mKd9Rw4TnYb6Lc1VhGs8JfEo3U']
const hs256 = (secret: string) => ({ algorithm: 'HS256', secret }) as const

async function tokensOf(options: JwtAuthOptions): Promise<TokenService> {
  const imports = [JwtAuthModule.forRoot({ ...options, refreshToken: false })]
  return (await startModule({ imports })).get(TokenService)
}

/** docs/operations.md, "Rotate a key". */
describe('a key that is rotated as the runbook says', () => {
  it('signs nobody out, whatever step an instance is at', async () => {
    const steps = [
      await tokensOf({ secret: OLD }),
      await tokensOf({ keys: [hs256(OLD), hs256(NEW)] }),
      await tokensOf({ keys: [hs256(NEW), hs256(OLD)] }),
      await tokensOf({ keys: [hs256(NEW)] }),
    ]
    // While one step is deployed, instances of it and of the step before run side by side.
    for (const [before, after] of [steps.slice(0, 2), steps.slice(1, 3), steps.slice(2)]) {
      for (const [issuing, verifying] of [
        [before, after],
        [after, before],
      ]) {
        const token = await issuing?.issueAccessToken('ada')
        expect(await verifying?.verify(token ?? '')).toMatchObject({ claims: { sub: 'ada' } })
      }
    }
  })

  it('opens nothing once it is removed, as after a compromise', async () => {
    const token = await (await tokensOf({ secret: OLD })).issueAccessToken('ada')
    const afterwards = await tokensOf({ secret: NEW })
    await expect(afterwards.verify(token)).rejects.toMatchObject({ errorCode: 'token_signature_invalid' })
  })
})
