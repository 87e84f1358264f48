import { expect } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { NOW } from '../legacy-tokens/former-app.js'
import { startModule } from '../support/adapters.js'
import { logs } from '../support/logs.js'
import { describeFuzz } from './describe-fuzz.js'
import { refusalCode } from './outcomes.js'
import { isAgreed, type TokenSetting, tokenSettings } from './token-settings.js'

const words = [
  'alg kid typ crit b64 zip cty enc jwk jku x5c x5u',
  'sub jti exp nbf iat iss aud sid auth_time scope tenant type',
  'own shared',
  'at+jwt rt+jwt JWT',
  'HS256 HS512 ES256 EdDSA none',
  'ida shop api refresh',
  'https://shop.example https://login.example.com/ https://partner.example.net urn:shop',
  '1893456000 1893456900 1893455939 253402300800',
].map((group) => group.split(' '))

interface Running {
  readonly setting: TokenSetting
  readonly tokens: TokenService
}

/** A setting by the first byte, then how the rest is signed, then the author: `0s0`. */
function tokenOf(input: Buffer, { authors }: TokenSetting): string {
  const end = input.indexOf('\n')
  const rest = input.subarray(end < 0 ? input.length : end + 1)
  const author = authors[(input[2] ?? 0) % authors.length]
  if (author === undefined) throw new Error('This setting has no author.')
  const line = rest.indexOf('\n')
  switch ((input[1] ?? 0) % 3) {
    case 0:
      return rest.toString('utf8')
    case 1:
      return author.signBytes(rest.subarray(0, Math.max(line, 0)), rest.subarray(line + 1))
    default:
      return author.signInput(rest.toString('utf8'))
  }
}

/** The claims, or the code of a refusal that says what its code always says. */
async function verify({ tokens, setting: { kind } }: Running, token: string): Promise<object | string> {
  try {
    return (await tokens.verify(token, { kind })).claims
  } catch (error) {
    return refusalCode(error)
  }
}

describeFuzz('tokens', async () => {
  const running: Running[] = []
  for (const setting of tokenSettings) {
    const imports = [JwtAuthModule.forRoot(setting.options)]
    const module = await startModule({ imports }, { clock: new FakeClock(NOW * 1000) })
    running.push({ setting, tokens: module.get(TokenService) })
  }

  return {
    words,
    outcomes: [
      'accepted',
      'token_malformed',
      'token_signature_invalid',
      'token_claims_invalid',
      'token_wrong_type',
    ],
    limit: { fixed: 4000, perByte: 60 },
    run: async (input) => {
      const app = running[(input[0] ?? 0) % running.length] as Running
      const token = tokenOf(input, app.setting)
      logs.clear()
      const first = await verify(app, token)
      // The second time it may be one that is remembered.
      expect(await verify(app, token)).toEqual(first)
      expect(logs.lines).toEqual([])
      if (typeof first === 'string') return first
      if (!(await isAgreed(token, first, app.setting)))
        throw new Error('jose refuses it, or reads other claims.')
      return 'accepted'
    },
  }
})
