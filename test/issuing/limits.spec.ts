import { beforeAll, describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'

type Json = Record<string, unknown>

const clock = new FakeClock(new Date('2030-01-01T00:00:00Z'))
const now = clock.now() / 1000
const deep = (levels: number): object => (levels === 1 ? {} : { in: deep(levels - 1) })

const auth = JwtAuthModule.forRoot({ secret: SECRET, accessToken: { allowNever: true } })

let tokens: TokenService

beforeAll(async () => {
  const module = await startModule({ imports: [auth] }, { clock })
  tokens = module.get(TokenService)
})

const outcomeOf = (issued: Promise<unknown>): Promise<string> =>
  issued.then(
    () => 'issued',
    ({ code }: { code: string }) => code,
  )

describe('the claims that a verifier would refuse', () => {
  it.each<[outcome: string, what: string, claims: Json]>([
    ['issued', 'an nbf one second before exp', { nbf: now + 59 }],
    ['claims_invalid', 'an nbf at exp', { nbf: now + 60 }],
    ['claims_invalid', 'an nbf after exp', { nbf: now + 61 }],
    ['claims_invalid', 'an nbf that is a text', { nbf: String(now) }],
    ['issued', 'two audiences', { aud: ['shop', 'desk'] }],
    ['claims_invalid', 'an empty audience beside a good one', { aud: ['shop', ''] }],
    ['claims_invalid', 'a number beside a good audience', { aud: ['shop', 7] }],
    ['claims_invalid', 'no audience in the list', { aud: [] }],
    ['claims_invalid', 'an empty audience', { aud: '' }],
    // The claims are the first level.
    ['issued', '32 levels', { more: deep(31) }],
    ['claims_invalid', '33 levels', { more: deep(32) }],
  ])('%s: %s', async (outcome, _, claims) => {
    expect(await outcomeOf(tokens.issueAccessToken('ida', { expiresIn: '1m', claims }))).toBe(outcome)
  })

  it('an nbf is as it is in a token that never expires', async () => {
    const token = await tokens.issueAccessToken('ida', { expiresIn: 'never', claims: { nbf: now + 5 } })
    expect(readToken(token).claims).toMatchObject({ nbf: now + 5 })
  })
})

describe('the subject', () => {
  it.each<[outcome: string, identity: unknown]>([
    ['issued', 'x'],
    ['issued', 'x'.repeat(255)],
    ['subject_invalid', 'x'.repeat(256)],
    ['subject_invalid', ''],
    ['issued', 0],
    ['issued', 7n],
    ['subject_invalid', Infinity],
    ['issued', { id: 7n }],
    ['subject_invalid', { id: undefined }],
  ])('%s: %p', async (outcome, identity) => {
    expect(await outcomeOf(tokens.issueAccessToken(identity))).toBe(outcome)
  })

  it.each([7, 7n, '7'])('is found by %p in revokeAll', async (named) => {
    await tokens.issue(7)
    expect(await tokens.revokeAll(named as string)).toBe(1)
  })

  it('named in revokeAll has the same limits', async () => {
    expect(await tokens.revokeAll('x'.repeat(255))).toBe(0)
    for (const named of ['', 'x'.repeat(256), Infinity, true as never])
      expect(await outcomeOf(tokens.revokeAll(named))).toBe('subject_invalid')
  })
})

describe('the time of the login', () => {
  it.each<[outcome: string, authTime: unknown]>([
    ['issued', 0],
    ['issued', new Date(0)],
    ['issued', now],
    ['issued', now + 5],
    ['auth_time_invalid', now + 6],
    ['auth_time_invalid', new Date((now + 6) * 1000)],
    ['auth_time_invalid', -1],
    ['auth_time_invalid', '5'],
    ['auth_time_invalid', NaN],
    ['auth_time_invalid', new Date(NaN)],
    ['auth_time_invalid', null],
  ])('%s: %p', async (outcome, authTime) => {
    expect(await outcomeOf(tokens.issueAccessToken('ida', { authTime: authTime as number }))).toBe(outcome)
  })

  it('is in the token to the second', async () => {
    const token = await tokens.issueAccessToken('ida', { authTime: new Date(now * 1000 - 1) })
    expect(readToken(token).claims).toMatchObject({ auth_time: now - 1 })
  })
})

describe('the length', () => {
  const issued = (claims: Json, header?: Json) => tokens.issueAccessToken('ida', { claims, header })

  /** The longest that is issued, of all these. */
  async function longest(make: (pad: string) => Promise<string>, from: number): Promise<string> {
    let last = ''
    for (let length = from; ; length++) {
      const outcome = await make('x'.repeat(length)).catch(({ code }: { code: string }) => code)
      if (outcome === 'token_too_large') return last
      last = outcome
    }
  }

  it('of a token is at most 8192 characters, and such a token is accepted', async () => {
    const least = 6144 - (await issued({ pad: '' })).length
    const all = await Promise.all(
      ['', 'a', 'ab'].map((more) => longest((pad) => issued({ pad }, { more }), least)),
    )
    expect(Math.max(...all.map(({ length }) => length))).toBe(8192)
    for (const token of all) expect(await tokens.verify(token)).toBeDefined()
  })

  it('of a header is at most 1024 characters, and such a token is accepted', async () => {
    const token = await longest((pad) => issued({}, { pad }), 600)
    expect(token.indexOf('.')).toBe(1024)
    expect(await tokens.verify(token)).toBeDefined()
  })
})
