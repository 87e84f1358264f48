import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import * as fc from 'fast-check'
import { jwtVerify, type JWTVerifyOptions } from 'jose'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { type Algorithm, JwtAuthError, JwtAuthModule, type JwtKey, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'
import { runs } from './fuzz.js'
import { OtherParty } from '../issuers/foreign-app.js'
import { type Author, ownAuthor } from './sign-bytes.js'
import { es256Author } from './with-issuers.js'
import { asBytes, type GoodToken, readLoosely, stricterThanJose, TOLERANCE } from './stricter-than-jose.js'

// Not on a whole second: there the two could differ in what they round.
const clock = new FakeClock(Date.parse('2030-01-01T00:00:00.700Z'))
const now = Math.floor(clock.now() / 1000)

/** One key and two readers of it. */
interface Pair {
  weAccept: (token: string) => Promise<boolean>
  joseAccepts: (token: string | Uint8Array) => Promise<boolean>
  good: GoodToken
}

interface SigningPair extends Pair {
  author: Author
}

async function pairOf(key: JwtKey, algorithm: Algorithm, verifyKey: Uint8Array | KeyObject): Promise<Pair> {
  const options = {
    keys: [{ ...key, kid: 'own' }],
    clockTolerance: TOLERANCE,
    refreshToken: false,
    verifiedTokenCache: false,
  } as const
  const tokens = await serviceWith(options)
  const text = await tokens.issueAccessToken('ida', { claims: { note: 'plain', list: [1, { deep: true }] } })
  return readersOf(tokens, text, verifyKey, { algorithms: [algorithm] })
}

async function serviceWith(options: Parameters<typeof JwtAuthModule.forRoot>[0]): Promise<TokenService> {
  const module = await startModule({ imports: [JwtAuthModule.forRoot(options)] }, { clock })
  return module.get(TokenService)
}

function readersOf(
  tokens: TokenService,
  text: string,
  verifyKey: Uint8Array | KeyObject,
  demands: JWTVerifyOptions,
): Pair {
  const joseOptions = {
    typ: 'at+jwt',
    clockTolerance: TOLERANCE,
    currentDate: new Date(clock.now()),
    ...demands,
  }
  return {
    good: { text, ...readToken(text), now },
    weAccept: (token) =>
      tokens.verify(token).then(
        () => true,
        (error: unknown) => {
          expect(error).toBeInstanceOf(JwtAuthError)
          return false
        },
      ),
    joseAccepts: (token) =>
      jwtVerify(token, verifyKey, joseOptions).then(
        () => true,
        () => false,
      ),
  }
}

const pairs: [Algorithm, () => { publicKey: KeyObject; privateKey: KeyObject }][] = [
  ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['PS384', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['ES512', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
  ['EdDSA', () => generateKeyPairSync('ed25519')],
]

const secretPair = async (): Promise<SigningPair> => ({
  ...(await pairOf({ algorithm: 'HS256', secret: SECRET }, 'HS256', Buffer.from(SECRET))),
  author: ownAuthor,
})

/** Another issuer, beside own keys and a third party. */
async function foreignPair(): Promise<SigningPair> {
  const party = new OtherParty('https://login.example.com/', 'own')
  const tokens = await serviceWith({
    keys: [{ algorithm: 'HS256', secret: SECRET, kid: 'own' }],
    issuer: 'https://shop.example',
    issuers: [party.options(), new OtherParty('https://partner.example.net', 'own').options()],
    clockTolerance: TOLERANCE,
    verifiedTokenCache: false,
  })
  const text = party.token({ iat: now, exp: now + 900, jti: 'a', note: 'plain', list: [1, { deep: true }] })
  const demands = { algorithms: ['ES256'], issuer: party.issuer, audience: 'api' }
  return {
    ...readersOf(tokens, text, createPublicKey(party.key.privateKey), demands),
    author: es256Author(party.key),
  }
}

/** Either they agree, or jose accepts what our list names. */
async function compare({ weAccept, joseAccepts }: Pair, token: string): Promise<void> {
  const [ours, theirs] = await Promise.all([weAccept(token), joseAccepts(token)])
  if (ours === theirs) return
  expect({ token, ours }).toEqual({ token, ours: false })
  const loose = readLoosely(token, now)
  const kinds = stricterThanJose.filter(({ is }) => is(loose)).map(({ name }) => name)
  expect({ token, kinds }).not.toEqual({ token, kinds: [] })
}

describe('what we refuse and jose accepts', () => {
  let pair: Pair

  beforeAll(async () => {
    pair = await secretPair()
  })

  it.each(stricterThanJose)('$name', async ({ examples, is }) => {
    for (const token of examples(pair.good)) {
      expect({ token, ours: await pair.weAccept(token), theirs: await pair.joseAccepts(token) }).toEqual({
        token,
        ours: false,
        theirs: true,
      })
      expect(is(readLoosely(token, now))).toBe(true)
    }
  })

  it('is no good token', async () => {
    const { text } = pair.good
    expect([await pair.weAccept(text), await pair.joseAccepts(text)]).toEqual([true, true])
    expect(stricterThanJose.filter(({ is }) => is(readLoosely(text, now)))).toEqual([])
  })

  it('bytes for a text', async () => {
    const bytes = asBytes(pair.good.text)
    expect([await pair.weAccept(bytes as never), await pair.joseAccepts(bytes)]).toEqual([false, true])
  })
})

const odd = fc.constantFrom(
  ...'Aa0_-=.+/ \t\n\r,"{}:\\%'.split(''),
  '\u0141',
  '\u0000',
  '\uFEFF',
  '\u{1F511}',
  '==',
  '..',
)
const place = fc.double({ min: 0, max: 1, noNaN: true })

/** A few characters or bytes put in, taken out or exchanged at some place. */
const edit = fc.record({
  at: place,
  drop: fc.nat({ max: 3 }),
  put: fc.oneof(odd, fc.string({ maxLength: 3 })),
})
const edits = fc.array(edit, { minLength: 1, maxLength: 3 })
type Edit = { at: number; drop: number; put: string }

function apply(text: string, changes: readonly Edit[]): string {
  return changes.reduce((sofar, { at, drop, put }) => {
    const index = Math.floor(at * sofar.length)
    return sofar.slice(0, index) + put + sofar.slice(index + drop)
  }, text)
}

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    now,
    now - 60,
    now - 61,
    now + 60,
    now + 60.5,
    now + 61,
    now + 0.5,
    -1,
    0,
    2 ** 53,
    253_402_300_800,
  ),
  fc.constantFrom('own', 'at+jwt', 'AT+JWT', 'HS256', 'none', 'HS512', 's'.repeat(256), ['exp'], ['b64']),
)
const members = (...names: string[]) =>
  fc.record({
    set: fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 }),
    drop: fc.subarray(names, { maxLength: 1 }),
  })
type Change = { set: Record<string, unknown>; drop: string[] }

function change(object: Record<string, unknown>, { set, drop }: Change): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...object, ...set }).filter(([name]) => !drop.includes(name)))
}

const headers = members(
  'alg',
  'kid',
  'typ',
  'crit',
  'b64',
  'zip',
  'cty',
  'enc',
  'jwk',
  'jku',
  'x5c',
  'x5u',
  'other',
)
const claimSets = members(
  'sub',
  'jti',
  'exp',
  'nbf',
  'iat',
  'auth_time',
  'sid',
  'iss',
  'aud',
  'scope',
  '__proto__',
)

describe.each([
  ['own tokens', secretPair],
  ['tokens of another issuer', foreignPair],
])('whatever jose refuses, we refuse, of %s', (_, newPair) => {
  let pair: SigningPair

  beforeAll(async () => {
    pair = await newPair()
    expect([await pair.weAccept(pair.good.text), await pair.joseAccepts(pair.good.text)]).toEqual([
      true,
      true,
    ])
  })

  const tryAll = (tokens: (good: GoodToken, author: Author) => fc.Arbitrary<string>, short: number) =>
    fc.assert(
      fc.asyncProperty(tokens(pair.good, pair.author), (token) => compare(pair, token)),
      runs(short),
    )

  it('other header members and claims, signed well', () =>
    tryAll(
      ({ header, claims }, author) =>
        fc
          .tuple(headers, claimSets)
          .map(([inHeader, inClaims]) =>
            author.signBytes(change(header, inHeader), change(claims, inClaims)),
          ),
      400,
    ))

  it('other JSON texts, signed well', () =>
    tryAll(
      ({ header, claims }, author) =>
        fc
          .tuple(edits, fc.boolean())
          .map(([changes, inHeader]) =>
            inHeader
              ? author.signBytes(apply(JSON.stringify(header), changes), claims)
              : author.signBytes(header, apply(JSON.stringify(claims), changes)),
          ),
      400,
    ))

  it('other bytes, signed well', () =>
    tryAll(
      ({ header, claims }, author) =>
        fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 4 })).map(([at, bytes]) => {
          const payload = Buffer.from(JSON.stringify(claims))
          const index = Math.floor(at * payload.length)
          return author.signBytes(
            header,
            Buffer.concat([payload.subarray(0, index), bytes, payload.subarray(index)]),
          )
        }),
      200,
    ))

  it('other base64url texts, signed well', () =>
    tryAll(
      ({ text }, author) =>
        edits.map((changes) => author.signInput(apply(text.slice(0, text.lastIndexOf('.')), changes))),
      400,
    ))

  it('other texts altogether', () => tryAll(({ text }) => edits.map((changes) => apply(text, changes)), 400))
})

describe('whatever jose refuses, we refuse', () => {
  it.each(pairs)('of %s tokens that were changed', async (algorithm, generate) => {
    const { privateKey, publicKey } = generate()
    const asymmetric = await pairOf({ algorithm, privateKey } as JwtKey, algorithm, publicKey)
    const { text } = asymmetric.good
    expect(await asymmetric.joseAccepts(text)).toBe(true)
    await fc.assert(
      fc.asyncProperty(edits, (changes) => compare(asymmetric, apply(text, changes))),
      runs(60),
    )
  })
})
