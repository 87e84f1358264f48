import * as fc from 'fast-check'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthConfigError, JwtAuthModule } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { anything } from './anything.js'
import { runs } from './fuzz.js'

type Options = Parameters<typeof JwtAuthModule.forRoot>[0]

describe('arbitrary options', () => {
  const names = (
    'secret keys issuer audience accessToken refreshToken clockTolerance sessions requiredClaims claimsSchema ' +
    'claimsMode locations subject attachIdentityAs realm verifiedTokenCache audit cookies csrf isGlobal claimsLoader ' +
    'identityLoader sessionStore endpoints unknown'
  ).split(' ')
  const key = fc.record(
    {
      algorithm: fc.oneof(fc.constantFrom('HS256', 'RS256', 'EdDSA', 'none'), anything),
      kid: anything,
      secret: fc.oneof(anything, fc.constant(SECRET)),
      privateKey: anything,
      publicKey: anything,
    },
    { requiredKeys: [] },
  )
  const likely = {
    keys: fc.oneof(anything, fc.array(fc.oneof(key, anything), { maxLength: 3 })),
    locations: fc.oneof(anything, fc.array(anything, { maxLength: 3 })),
    accessToken: fc.oneof(
      anything,
      fc.record({ expiresIn: anything, notBefore: anything, allowNever: anything }),
    ),
    refreshToken: fc.oneof(anything, fc.record({ expiresIn: anything, reuseGrace: anything })),
    verifiedTokenCache: fc.oneof(anything, fc.record({ max: anything })),
    audit: fc.oneof(anything, fc.record({ level: anything, guards: anything })),
    cookies: fc.oneof(anything, fc.record({ secure: anything })),
    csrf: fc.oneof(anything, fc.record({ trustedOrigins: anything, doubleSubmit: anything })),
    sessions: fc.oneof(anything, fc.record({ max: anything, timeout: anything, check: anything })),
  }
  const options = fc.oneof(
    fc.dictionary(fc.constantFrom(...names), anything, { maxKeys: 4 }),
    fc.record(likely, { requiredKeys: [] }),
    anything,
  )

  it('boot, or are one JwtAuthConfigError', () =>
    fc.assert(
      fc.asyncProperty(options, fc.boolean(), fc.boolean(), async (given, isUsable, isAsync) => {
        const all = isUsable && typeof given === 'object' ? { secret: SECRET, ...given } : given
        try {
          const module = isAsync
            ? JwtAuthModule.forRootAsync({ useFactory: () => all as Options })
            : JwtAuthModule.forRoot(all as Options)
          await startModule({ imports: [module] })
        } catch (error) {
          if (!(error instanceof JwtAuthConfigError))
            throw new Error('an error of another kind', { cause: error })
          expect(error.message).not.toContain(SECRET)
        }
      }),
      runs(150),
    ))
})
