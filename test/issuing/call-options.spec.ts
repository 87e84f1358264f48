import { beforeAll, describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

let tokens: TokenService
let refreshToken: string
let sessionId: string

beforeAll(async () => {
  const module = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET })] })
  tokens = module.get(TokenService)
  const pair = await tokens.issue('ida')
  refreshToken = pair.refreshToken ?? ''
  sessionId = pair.sessionId ?? ''
})

const calls: Record<string, (options: object) => Promise<unknown>> = {
  issue: (options) => tokens.issue('ida', options),
  issueAccessToken: (options) => tokens.issueAccessToken('ida', options),
  refresh: (options) => tokens.refresh(refreshToken, options),
  verify: (options) => tokens.verify('token', options),
  revokeSession: (options) => tokens.revokeSession(sessionId, options),
  revokeAll: (options) => tokens.revokeAll('ida', options),
  issueOneTimeToken: (options) => tokens.issueOneTimeToken('reset', 'ida', { expiresIn: '5m', ...options }),
}

describe('an unknown option of a call', () => {
  it.each<[string, object, string]>([
    ['issue', { expiresin: '1m' }, 'options.expiresin is not an option. Did you mean expiresIn?'],
    ['issue', { expires_in: '1m' }, 'options.expires_in is not an option. Did you mean expiresIn?'],
    ['issue', { claim: {} }, 'options.claim is not an option. Did you mean claims?'],
    [
      'issue',
      { session: { metdata: {} } },
      'options.session.metdata is not an option. Did you mean metadata?',
    ],
    [
      'issue',
      { session: { persist: false } },
      'options.session.persist is not an option. Did you mean persistent?',
    ],
    ['issueAccessToken', { notbefore: 5 }, 'options.notbefore is not an option. Did you mean notBefore?'],
    [
      'refresh',
      { session: {} },
      'options.session is not an option. The options here are claims, header, expiresIn, notBefore, audience.',
    ],
    [
      'refresh',
      { authTime: 0 },
      'options.authTime is not an option. The options here are claims, header, expiresIn, notBefore, audience.',
    ],
    ['verify', { type: 'refresh' }, 'options.type is not an option. The options here are kind.'],
    ['revokeSession', { sub: 'ida' }, 'options.sub is not an option. The options here are subject.'],
    ['revokeAll', { exept: 'x' }, 'options.exept is not an option. Did you mean except?'],
    [
      'issueOneTimeToken',
      { audience: 'x' },
      'options.audience is not an option. The options here are expiresIn, claims.',
    ],
  ])('of %s is an error: %j', async (call, options, message) => {
    const error: unknown = await calls[call]?.(options).catch((reason: unknown) => reason)

    expect(error).toMatchObject({ name: 'JwtAuthUsageError', code: 'options_invalid' })
    expect(String(error)).toContain(message)
  })

  it('changes nothing', async () => {
    await expect(tokens.verify(refreshToken, { kind: 'refresh' })).resolves.toBeDefined()
  })
})

describe('options that are no plain object', () => {
  it.each(Object.keys(calls).filter((name) => name !== 'issueOneTimeToken'))(
    'are refused by %s',
    async (call) => {
      for (const options of [null, 'x', 7, []]) {
        await expect(calls[call]?.(options as object)).rejects.toMatchObject({ code: 'options_invalid' })
      }
    },
  )

  it('are refused where a member would be lost, such as a getter of a class', async () => {
    class Settings {
      get expiresIn() {
        return '1m'
      }
    }
    const refusal = { code: 'options_invalid', message: expect.stringContaining('expiresIn: ') as unknown }
    await expect(calls['issue']?.(new Settings())).rejects.toMatchObject(refusal)
    await expect(calls['issue']?.({ session: new Settings() })).rejects.toMatchObject(refusal)
  })

  it.each([null, 'x', 7, []])('%p is refused as session', async (session) => {
    await expect(calls['issue']?.({ session })).rejects.toMatchObject({ code: 'options_invalid' })
  })
})

it.each(['no', 0, null])('session.persistent may not be %p', async (persistent) => {
  await expect(calls['issue']?.({ session: { persistent } })).rejects.toMatchObject({
    code: 'options_invalid',
    message: expect.stringContaining('persistent') as unknown,
  })
})
