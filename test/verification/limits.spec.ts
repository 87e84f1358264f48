import { beforeAll, describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../support/adapters.js'
import { encodePart, forgeToken, readToken, reforge, SECRET } from '../support/forge.js'

type Json = Record<string, unknown>

const clock = new FakeClock(new Date('2030-01-01T00:00:00Z'))
const now = clock.now() / 1000
/** 9999-12-31T23:59:59Z. */
const lastDate = 253_402_300_799
const nested = (levels: number): Json => (levels === 1 ? {} : { in: nested(levels - 1) })

let tokens: TokenService
let good: string

beforeAll(async () => {
  const module = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET })] }, { clock })
  tokens = module.get(TokenService)
  good = await tokens.issueAccessToken('ida', { expiresIn: '1h' })
})

const outcomeOf = (token: string): Promise<string> =>
  tokens.verify(token).then(
    () => 'accepted',
    (error: { errorCode: string }) => error.errorCode,
  )

describe('the limits of claims', () => {
  it.each<[outcome: string, what: string, claims: Json]>([
    ['accepted', 'an exp one second after iat and nbf', { iat: now, nbf: now, exp: now + 1 }],
    ['token_claims_invalid', 'an exp at iat', { iat: now + 2, exp: now + 2 }],
    ['token_claims_invalid', 'an exp before iat', { iat: now + 3, exp: now + 2 }],
    ['token_claims_invalid', 'an exp at nbf', { nbf: now + 2, exp: now + 2 }],
    ['token_claims_invalid', 'an exp before nbf', { nbf: now + 3, exp: now + 2 }],
    ['token_expired', 'an exp that has come', { iat: now - 5, exp: now }],
    ['accepted', 'a part of a second that is left', { exp: now + 0.001 }],
    ['accepted', 'an exp on the last day', { exp: lastDate }],
    ['token_claims_invalid', 'an exp after the last day', { exp: lastDate + 1 }],
    ['accepted', 'an auth_time in the first second', { auth_time: 0 }],
    ['token_claims_invalid', 'an auth_time before it', { auth_time: -1 }],
    ['token_claims_invalid', 'an nbf before it', { nbf: -1 }],
    ['token_claims_invalid', 'a date that is a text', { iat: String(now) }],
    ['token_claims_invalid', 'an iss that is no text', { iss: 7 }],
    ['token_claims_invalid', 'an aud that is no text', { aud: { name: 'shop' } }],
    ...['sub', 'jti', 'sid'].flatMap((name): [string, string, Json][] => [
      // There is no such session.
      [name === 'sid' ? 'token_revoked' : 'accepted', `a ${name} of one character`, { [name]: 'x' }],
      [
        name === 'sid' ? 'token_revoked' : 'accepted',
        `a ${name} of 255 characters`,
        { [name]: 'x'.repeat(255) },
      ],
      ['token_claims_invalid', `a ${name} of 256 characters`, { [name]: 'x'.repeat(256) }],
      ['token_claims_invalid', `an empty ${name}`, { [name]: '' }],
      ['token_claims_invalid', `a ${name} that is a number`, { [name]: 7 }],
      ['token_claims_invalid', `a ${name} that is a list of as many texts`, { [name]: ['x'] }],
    ]),
    // The claims are the first level.
    ['accepted', '32 levels', { more: nested(31) }],
    ['token_malformed', '33 levels', { more: nested(32) }],
    ['accepted', 'many objects beside one another', { more: Array.from({ length: 60 }, () => ({})) }],
    ['accepted', 'many lists beside one another', { more: Array.from({ length: 60 }, () => []) }],
    ['accepted', 'brackets, a quote and a backslash in a text', { more: '{[:"\\'.repeat(40) }],
  ])('%s: %s', async (outcome, _, claims) => {
    expect(await outcomeOf(reforge(good, { claims }))).toBe(outcome)
  })
})

/** The first of these texts, each of which is made of more and more padding, that has exactly this length. */
function ofLength(length: number, ...makers: readonly ((pad: string) => string)[]): string {
  for (const make of makers) {
    // Three bytes are four characters.
    const most = Math.ceil(((length - make('').length) * 3) / 4)
    const found = [0, 1, 2, 3]
      .map((less) => make('x'.repeat(most - less)))
      .find((text) => text.length === length)
    if (found !== undefined) return found
  }
  throw new Error(`None has ${length} characters.`)
}

describe('the limits of length', () => {
  it('a token of 8192 characters is accepted, and one of 8193 is not', async () => {
    // Not each length of a part is possible in base64url, so the header has three lengths.
    const makers = ['', 'a', 'ab'].map(
      (more) => (pad: string) => reforge(good, { claims: { pad }, header: { more } }),
    )
    expect(await outcomeOf(ofLength(8192, ...makers))).toBe('accepted')
    expect(await outcomeOf(ofLength(8193, ...makers))).toBe('token_malformed')
  })

  it('a header of 1024 characters is accepted, and one of 1026 is not', async () => {
    const { header } = readToken(good)
    const make = (pad: string) => encodePart({ ...header, pad })
    const withHeader = (text: string) => reforge(good, { header: readToken(`${text}.e30`).header })
    expect(await outcomeOf(withHeader(ofLength(1024, make)))).toBe('accepted')
    expect(await outcomeOf(withHeader(ofLength(1026, make)))).toBe('token_malformed')
  })

  it('a header that is remembered is no other', async () => {
    expect(await outcomeOf(good)).toBe('accepted')
    const { header } = readToken(good)
    const spaced = encodePart(JSON.stringify(header, undefined, 1))
    expect(await outcomeOf([spaced, ...good.split('.').slice(1)].join('.'))).toBe('token_signature_invalid')
  })
})

it.each(['7', 'true', 'null', '"sub"', '[]'])('%s as the claims is no token', async (payload) => {
  expect(await outcomeOf(forgeToken(readToken(good).header, payload))).toBe('token_malformed')
})

it.each([7, ['x'], { id: 'x' }])('%j as a jti is not what the refusal names', async (jti) => {
  await expect(tokens.verify(reforge(good, { claims: { jti } }))).rejects.toMatchObject({
    errorCode: 'token_claims_invalid',
    details: { jti: undefined },
  })
})

it.each([undefined, null, 7, true, {}, ['a.b.c'], { length: 3 }])('%j is no token', async (value) => {
  expect(await outcomeOf(value as string)).toBe('token_malformed')
})

describe('texts with one dot too few or too many', () => {
  it.each([
    ['no first part', () => good.slice(good.indexOf('.'))],
    ['one part, which is a header and a character more', () => `${good.slice(0, good.indexOf('.'))}x`],
    ['two parts', () => good.slice(0, good.lastIndexOf('.'))],
    ['four parts', () => `${good}.`],
    ['a first part of one character', () => `e${good.slice(good.indexOf('.'))}`],
  ])('%s', async (_, make) => {
    expect(await outcomeOf(make())).toBe('token_malformed')
  })
})
