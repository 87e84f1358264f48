import { beforeEach, describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'
import { unhandledRejectionsOf } from '../support/unhandled-rejections.js'

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

  it.each([0, -60])('of %d given to a call has already passed', async (expiresIn) => {
    const tokens = await tokensOf()
    const pair = await tokens.issue('ida', { expiresIn })

    await expect(tokens.verify(pair.access_token)).rejects.toMatchObject({ errorCode: 'token_expired' })
  })

  it('may not be a text without a unit', async () => {
    const tokens = await tokensOf()

    await expect(tokens.issueAccessToken('ida', { expiresIn: '60' as '60s' })).rejects.toThrow()
  })

  it("is not 'never' unless that is allowed", async () => {
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
  it('are set in the token, and the audience of the call replaces the configured one', async () => {
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
  it('adds members to the header of both tokens, for whoever verifies them', async () => {
    const tokens = await tokensOf()
    const pair = await tokens.issue('ida', { header: { region: 'eu' } })
    const { header } = await tokens.verify(pair.access_token)

    expect(header).toMatchObject({ region: 'eu', alg: 'HS256', typ: 'at+jwt' })
    expect(Object.isFrozen(header)).toBe(true)
    expect(readToken(pair.refresh_token ?? '').header).toMatchObject({ region: 'eu', typ: 'rt+jwt' })
    expect(tokens.decodeUnverified(pair.access_token).header).toMatchObject({ region: 'eu' })
    const alone = await tokens.issueAccessToken('ida', { header: { region: 'eu' } })
    expect(readToken(alone).header).toMatchObject({ region: 'eu' })
  })

  const decisive = 'alg kid typ cty crit b64 zip enc jwk jku x5c x5u x5t x5t#S256 generation'.split(' ')

  it.each(decisive)('may not set %s', async (name) => {
    const header = { [name]: 'mine' } as NonNullable<IssueOptions['header']>

    await expect((await tokensOf()).issueAccessToken('ida', { header })).rejects.toMatchObject({
      code: 'header_reserved',
      message: expect.stringContaining(`"${name}"`),
    })
  })
})

describe('a header over 1,024 characters as it is encoded', () => {
  it('is an error when a token is issued, and one character less is not', async () => {
    const tokens = await tokensOf()
    const { header } = readToken(await tokens.issue('ida').then((pair) => pair.access_token))
    const room = 768 - JSON.stringify({ ...header, more: '' }).length
    const more = (length: number) => ({ header: { more: 'x'.repeat(length) } })
    const pair = await tokens.issue('ida', more(room))

    expect(pair.access_token.indexOf('.')).toBe(1024)
    await expect(tokens.verify(pair.access_token)).resolves.toBeTruthy()
    await expect(tokens.issue('ida', more(room + 1))).rejects.toMatchObject({
      code: 'token_too_large',
      message: expect.stringContaining('options.header') as unknown,
    })
  })
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

  it('is not made by an async option, whose rejection does not end the process', async () => {
    const tokens = await tokensOf({ subject: (() => Promise.reject(new Error('boom'))) as never })
    const unhandled = await unhandledRejectionsOf(() =>
      expect(tokens.issueAccessToken('ida')).rejects.toMatchObject({
        code: 'subject_invalid',
        message: 'The option `subject` must not be async, but returned a promise.',
      }),
    )
    expect(unhandled).toEqual([])
  })

  it.each([
    {},
    { id: undefined },
    { id: null },
    { name: 'ida' },
    null,
    undefined,
    true,
    NaN,
    ['ida'],
    'x'.repeat(256),
  ])('cannot be made of %p', async (identity) => {
    await expect((await tokensOf()).issueAccessToken(identity)).rejects.toMatchObject({
      code: 'subject_invalid',
    })
  })
})

describe('auth_time', () => {
  it('is now for a login, and absent from an access token without a session', async () => {
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

  it('may be five seconds ahead, as clocks differ, and not more', async () => {
    const tokens = await tokensOf()
    clock.advance('700ms')
    const invalid = { code: 'auth_time_invalid' }

    for (const issue of [
      (authTime: number | Date) => tokens.issue('ida', { authTime }),
      (authTime: number | Date) => tokens.issueAccessToken('ida', { authTime }),
    ]) {
      await expect(issue(startSeconds + 5.7)).resolves.toBeTruthy()
      await expect(issue(new Date(start + 5000))).resolves.toBeTruthy()
      await expect(issue(startSeconds + 5.8)).rejects.toMatchObject(invalid)
      await expect(issue(new Date(start + 6000))).rejects.toMatchObject(invalid)
      await expect(issue(NaN)).rejects.toMatchObject(invalid)
      await expect(issue(-1)).rejects.toMatchObject(invalid)
      await expect(issue(new Date(NaN))).rejects.toMatchObject(invalid)
    }
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
