import { beforeEach, describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'

type ModuleOptions = Parameters<typeof JwtAuthModule.forRoot>[0]
type IssueOptions = NonNullable<Parameters<TokenService['issueAccessToken']>[1]>

const start = Date.parse('2030-01-01T00:00:00Z')
const startSeconds = start / 1000
const clock = new FakeClock(start)

async function tokensOf(options: Partial<ModuleOptions> = {}): Promise<TokenService> {
  const imports = [JwtAuthModule.forRoot({ secret: SECRET, ...options })]
  const module = await startModule({ imports }, { clock })
  return module.get(TokenService)
}

beforeEach(() => clock.set(new Date(start)))

describe('the lifetime of an access token', () => {
  it('is 15 minutes by default', async () => {
    const { claims } = readToken(await (await tokensOf()).issueAccessToken('ida'))

    expect(claims).toMatchObject({ iat: startSeconds, exp: startSeconds + 900 })
  })

  it.each([
    ['5m', 300],
    ['2h', 7200],
    [90, 90],
  ])('of %p is %d seconds, by option and by call', async (expiresIn, seconds) => {
    const byOption = await (await tokensOf({ accessToken: { expiresIn } })).issueAccessToken('ida')
    const byCall = await (await tokensOf()).issueAccessToken('ida', { expiresIn })

    expect(readToken(byOption).claims['exp']).toBe(startSeconds + seconds)
    expect(readToken(byCall).claims['exp']).toBe(startSeconds + seconds)
  })

  it.each([0, -60])('of %d by call is over already', async (expiresIn) => {
    const tokens = await tokensOf()
    const pair = await tokens.issue('ida', { expiresIn })

    await expect(tokens.verify(pair.access_token)).rejects.toMatchObject({ errorCode: 'token_expired' })
  })

  it('may not be a text without a unit', async () => {
    const tokens = await tokensOf()

    await expect(tokens.issueAccessToken('ida', { expiresIn: '60' as '60s' })).rejects.toThrow()
  })

  it('is not for ever unless that is allowed', async () => {
    const tokens = await tokensOf()

    await expect(tokens.issueAccessToken('ida', { expiresIn: 'never' })).rejects.toThrow('allowNever')
  })

  it('may begin later', async () => {
    const tokens = await tokensOf()
    const token = await tokens.issueAccessToken('ida', { notBefore: 60 })

    expect(readToken(token).claims).toMatchObject({ nbf: startSeconds + 60 })
    await expect(tokens.verify(token)).rejects.toMatchObject({ errorCode: 'token_not_active' })
    clock.advance(60)
    await expect(tokens.verify(token)).resolves.toMatchObject({ claims: { sub: 'ida' } })
  })

  it('leaves the refresh token as it is', async () => {
    const pair = await (await tokensOf()).issue('ida', { expiresIn: 60, notBefore: 30, audience: 'mobile' })
    const { claims } = readToken(pair.refresh_token ?? '')

    expect(claims).toMatchObject({ exp: startSeconds + 30 * 24 * 3600 })
    expect(claims['nbf']).toBeUndefined()
  })
})

describe('issuer and audience', () => {
  it('are stamped, the audience of the call before the configured one', async () => {
    const tokens = await tokensOf({ issuer: 'https://shop.example', audience: 'shop' })

    expect(readToken(await tokens.issueAccessToken('ida')).claims).toMatchObject({
      iss: 'https://shop.example',
      aud: 'shop',
    })
    expect(readToken(await tokens.issueAccessToken('ida', { audience: ['a', 'b'] })).claims).toMatchObject({
      aud: ['a', 'b'],
    })
  })
})

describe('the header option', () => {
  it('adds members to the header', async () => {
    const token = await (await tokensOf()).issueAccessToken('ida', { header: { region: 'eu' } })

    expect(readToken(token).header).toMatchObject({ region: 'eu', alg: 'HS256', typ: 'at+jwt' })
  })

  it.each(['alg', 'kid', 'typ', 'cty', 'crit', 'b64', 'zip', 'jwk', 'jku', 'x5c', 'x5u', 'x5t'])(
    'may not set %s',
    async (name) => {
      const header = { [name]: 'mine' } as NonNullable<IssueOptions['header']>

      await expect((await tokensOf()).issueAccessToken('ida', { header })).rejects.toThrow(name)
    },
  )
})

describe('the subject', () => {
  it.each([
    ['a text', 'ida', 'ida'],
    ['a number', 7, '7'],
    ['zero', 0, '0'],
    ['an object by its id', { id: 'u1' }, 'u1'],
    ['an object by its numeric id', { id: 9 }, '9'],
    ['an object by its id zero', { id: 0 }, '0'],
  ])('is made of %s', async (_, identity, subject) => {
    expect(readToken(await (await tokensOf()).issueAccessToken(identity)).claims['sub']).toBe(subject)
  })

  it('is made by the option', async () => {
    const tokens = await tokensOf({ subject: (identity) => `user:${(identity as { uid: number }).uid}` })

    expect(readToken(await tokens.issueAccessToken({ uid: 3 })).claims['sub']).toBe('user:3')
  })

  it.each([{}, { id: undefined }, { id: null }, null, undefined])(
    'cannot be made of %p',
    async (identity) => {
      await expect((await tokensOf()).issueAccessToken(identity)).rejects.toThrow()
    },
  )
})

describe('auth_time', () => {
  it('is now for a login, and absent from a bare access token', async () => {
    const tokens = await tokensOf()
    const pair = await tokens.issue('ida')

    expect(readToken(pair.access_token).claims['auth_time']).toBe(startSeconds)
    expect(readToken(await tokens.issueAccessToken('ida')).claims).not.toHaveProperty('auth_time')
  })

  it('is what the option says, but not in the future', async () => {
    const tokens = await tokensOf()
    const token = await tokens.issueAccessToken('ida', { authTime: startSeconds - 60 })

    expect(readToken(token).claims['auth_time']).toBe(startSeconds - 60)
    await expect(tokens.issueAccessToken('ida', { authTime: startSeconds + 3600 })).rejects.toThrow()
  })
})

describe('a token over 8 KiB', () => {
  it('is an error that does not repeat it', async () => {
    const tokens = await tokensOf()
    const error: unknown = await tokens
      .issueAccessToken('ida', { claims: { blob: 'x'.repeat(8192) } })
      .catch((reason: unknown) => reason)

    expect(error).toHaveProperty('message')
    expect(String(error)).not.toContain('xxxxxxxx')
    await expect(tokens.issueAccessToken('ida', { claims: { blob: 'x'.repeat(4096) } })).resolves.toBeTruthy()
  })
})
