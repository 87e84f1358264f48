import { describe, expect, it } from '@jest/globals'
import { InMemorySessionStore, JwtAuthModule, TokenService, type TokenPair } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'

type Options = Parameters<typeof JwtAuthModule.forRoot>[0]

const start = async (options: Options = {}): Promise<TokenService> => {
  const auth = JwtAuthModule.forRoot({ secret: SECRET, sessionStore: InMemorySessionStore, ...options })
  const clock = new FakeClock(Date.parse('2030-01-01T00:00:00.700Z'))
  return (await startModule({ imports: [auth] }, { clock })).get(TokenService)
}

/** Every date and lifetime of a pair; lifetimes in seconds. */
function datesOf(pair: TokenPair) {
  const access = readToken(pair.access_token).claims as Record<string, number>
  const refresh = readToken(pair.refresh_token ?? '').claims as Record<string, number>
  const all = [access, refresh].flatMap(({ iat, exp, nbf }) => [iat, exp, nbf])
  const dates = [...all, pair.expires_in, pair.refresh_expires_in].filter((date) => date !== undefined)
  return {
    areWhole: dates.every(Number.isInteger),
    access: (access['exp'] ?? 0) - (access['iat'] ?? 0),
    refresh: (refresh['exp'] ?? 0) - (refresh['iat'] ?? 0),
    expires: [pair.expires_in, pair.refresh_expires_in],
  }
}

describe('lifetimes of less than whole seconds are rounded up', () => {
  it('in the options of the module', async () => {
    const tokens = await start({
      accessToken: { expiresIn: '1500ms', notBefore: '200ms' },
      refreshToken: { expiresIn: 2.25, sessionExpiresIn: '60500ms' },
    })
    const first = await tokens.issue('ida')
    const second = await tokens.refresh(first.refresh_token ?? '')

    for (const pair of [first, second]) {
      expect(datesOf(pair)).toEqual({ areWhole: true, access: 2, refresh: 3, expires: [2, 3] })
    }
  })

  it.each([0.5, '500ms', '0.5s', 1])('in the options of a call: %j', async (expiresIn) => {
    const tokens = await start()
    const pair = await tokens.issue('ida', { expiresIn, notBefore: 0, session: { expiresIn } })
    expect(datesOf(pair)).toEqual({ areWhole: true, access: 1, refresh: 1, expires: [1, 1] })
    const next = await tokens.refresh(pair.refresh_token ?? '', { expiresIn })
    expect(datesOf(next)).toEqual({ areWhole: true, access: 1, refresh: 1, expires: [1, 1] })

    const oneTime = readToken(await tokens.issueOneTimeToken('reset', 'ida', { expiresIn })).claims
    expect(Number(oneTime['exp']) - Number(oneTime['iat'])).toBe(1)
  })

  it('so that a login may ask for the lifetime of the module', async () => {
    const tokens = await start({ refreshToken: { expiresIn: '1500ms', sessionExpiresIn: '9500ms' } })
    const session = { expiresIn: '1500ms', sessionExpiresIn: '9500ms' }

    expect(datesOf(await tokens.issue('ida', { session }))).toMatchObject({ areWhole: true, refresh: 2 })
  })

  it.each([0, -0.5, -1.5])('and a lifetime of zero or less is expired: %j', async (expiresIn) => {
    const tokens = await start()
    const token = await tokens.issueAccessToken('ida', { expiresIn })

    expect(Number.isInteger(readToken(token).claims['exp'])).toBe(true)
    await expect(tokens.verify(token)).rejects.toMatchObject({ errorCode: 'token_expired' })
  })
})
