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
  it.each<[string, object, RegExp]>([
    ['issue', { expiresin: '1m' }, /options\.expiresin .*expiresIn/],
    ['issue', { expires_in: '1m' }, /options\.expires_in .*expiresIn/],
    ['issue', { claim: {} }, /options\.claim .*claims/],
    ['issue', { session: { metdata: {} } }, /options\.session\.metdata .*metadata/],
    ['issue', { session: { persist: false } }, /options\.session\.persist .*persistent/],
    ['issueAccessToken', { notbefore: 5 }, /options\.notbefore .*notBefore/],
    ['refresh', { session: {} }, /options\.session .*claims/],
    ['refresh', { authTime: 0 }, /options\.authTime .*claims/],
    ['verify', { type: 'refresh' }, /options\.type .*kind/],
    ['revokeSession', { sub: 'ida' }, /options\.sub .*subject/],
    ['revokeAll', { exept: 'x' }, /options\.exept .*except/],
    ['issueOneTimeToken', { audience: 'x' }, /options\.audience .*claims/],
  ])('of %s is an error: %j', async (call, options, message) => {
    const error: unknown = await calls[call]?.(options).catch((reason: unknown) => reason)

    expect(error).toMatchObject({ name: 'JwtAuthUsageError', code: 'options_invalid' })
    expect(String(error)).toMatch(message)
  })

  it('changes nothing', async () => {
    await expect(tokens.verify(refreshToken, { kind: 'refresh' })).resolves.toBeDefined()
  })
})

describe('options that are no object', () => {
  it.each(Object.keys(calls).filter((name) => name !== 'issueOneTimeToken'))(
    'are refused by %s',
    async (call) => {
      for (const options of [null, 'x', 7, []]) {
        await expect(calls[call]?.(options as object)).rejects.toMatchObject({ code: 'options_invalid' })
      }
    },
  )

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
