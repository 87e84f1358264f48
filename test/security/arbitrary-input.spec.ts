import { Controller, Get, UseGuards } from '@nestjs/common'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { Claims, JwtAuthModule, JwtAuthUsageError, JwtGuard, TokenService } from '@nest-jwt-auth/core'
import { adapters, type RunningApp, startApp, startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { anything, character, succeeds } from './anything.js'
import { runs } from './fuzz.js'
import { OtherParty } from '../issuers/foreign-app.js'
import { type Author, ownAuthor } from './sign-bytes.js'
import { es256Author } from './with-issuers.js'

const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) })

const part = fc.oneof(
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((json) => Buffer.from(json)),
  fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
)
/** Texts, some signed well by the author. */
const textsOf = ({ algorithm, signBytes, signInput }: Author & { algorithm: string }) =>
  fc.oneof(
    fc.string({ unit: character, maxLength: 300 }),
    fc.stringMatching(/^[\w-]*\.[\w-]*\.[\w-]*$/),
    fc
      .tuple(fc.oneof(part, fc.constant({ alg: algorithm, kid: 'own', typ: 'at+jwt' })), part)
      .map(([head, payload]) => signBytes(head, payload)),
    fc.string({ maxLength: 60 }).map(signInput),
  )

const own = { keys: [{ algorithm: 'HS256', secret: SECRET, kid: 'own' }] } as const
const party = new OtherParty('https://login.example.com/', 'own')
const issuers = [party.options()]
const byOwnKey = { algorithm: 'HS256', ...ownAuthor }
const byOther = { algorithm: 'ES256', ...es256Author(party.key) }

it.each([
  { where: 'an app without other issuers', options: own, author: byOwnKey },
  {
    where: 'an app with another issuer',
    options: { ...own, issuer: 'https://shop.example', issuers },
    author: byOwnKey,
  },
  {
    where: 'an app with another issuer, signed by that',
    options: { ...own, issuer: 'https://shop.example', issuers },
    author: byOther,
  },
  { where: 'an app that only verifies', options: { issuers }, author: byOther },
])('arbitrary input as a token is refused by $where', async ({ options, author }) => {
  const imports = [JwtAuthModule.forRoot({ ...options, refreshToken: false })]
  const tokens = (await startModule({ imports })).get(TokenService)
  await fc.assert(
    fc.asyncProperty(fc.oneof(textsOf(author), anything), async (token) => {
      expect(await succeeds(() => tokens.verify(token as string))).toBe(false)
      expect(await succeeds(() => tokens.verify(token as string, { kind: 'refresh' }))).toBe(false)
      await succeeds(() => tokens.decodeUnverified(token as string))
    }),
    runs(500),
  )
})

describe('arbitrary input', () => {
  let tokens: TokenService

  beforeAll(async () => {
    const keys = [{ algorithm: 'HS256', secret: SECRET, kid: 'own' }] as const
    const imports = [JwtAuthModule.forRoot({ keys, refreshToken: false })]
    tokens = (await startModule({ imports })).get(TokenService)
  })

  it('as the kind to verify is a mistake, or one of the two', async () => {
    const good = await tokens.issueAccessToken('ida')
    const kinds = fc.oneof(
      anything,
      fc.constantFrom('access', 'refresh', 'constructor', '__proto__', 'toString'),
    )
    await fc.assert(
      fc.asyncProperty(kinds, async (kind) => {
        const passed = await succeeds(() => tokens.verify(good, { kind: kind as 'access' }))
        expect(passed).toBe(kind === undefined || kind === 'access')
      }),
      runs(200),
    )
  })

  it('as claims and header is a mistake, or makes a token that passes', () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(anything, fc.dictionary(fc.string(), anything)),
        fc.oneof(anything, fc.dictionary(fc.string(), anything), fc.constant(undefined)),
        async (claims, head) => {
          const options = { claims, header: head } as Parameters<TokenService['issueAccessToken']>[1]
          let token = ''
          const issued = await succeeds(async () => (token = await tokens.issueAccessToken('ida', options)))
          if (issued) await tokens.verify(token)
        },
      ),
      runs(500),
    ))

  it('as what a method is given is a mistake or a refusal', async () => {
    const module = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET })] })
    const service = module.get(TokenService)
    const pair = await service.issue('ida')
    const good = [pair.accessToken, pair.refreshToken, pair.sessionId, 'ida', 'reset']
    const names = [
      'claims',
      'header',
      'expiresIn',
      'notBefore',
      'audience',
      'authTime',
      'session',
      'subject',
      'except',
      'kind',
      'metadata',
    ]
    const given = fc.oneof(
      anything,
      fc.constantFrom(...good),
      fc.dictionary(fc.constantFrom(...names), anything, { maxKeys: 3 }),
    )
    const methods = [
      'issue',
      'issueAccessToken',
      'refresh',
      'verify',
      'decodeUnverified',
      'revoke',
      'revokeSession',
      'revokeAll',
      'sessions',
      'issueOneTimeToken',
      'consumeOneTimeToken',
    ] as const
    const calls = fc.tuple(fc.constantFrom(...methods), fc.array(given, { maxLength: 3 }))
    await fc.assert(
      fc.asyncProperty(calls, async ([method, args]) => {
        await succeeds(async () => Reflect.apply(service[method], service, args) as unknown)
      }),
      runs(2000),
    )
  })

  it('deeper than we read is no token that we issue', async () => {
    await tokens.verify(await tokens.issueAccessToken('ida', { claims: { deep: nested(31) } }))
    for (const options of [{ claims: { deep: nested(32) } }, { header: { deep: nested(32) } }]) {
      await expect(tokens.issueAccessToken('ida', options)).rejects.toBeInstanceOf(JwtAuthUsageError)
    }
  })
})

@Controller('me')
@UseGuards(JwtGuard)
class MeController {
  @Get()
  me(@Claims('sub') sub: string) {
    return { sub }
  }
}

describe.each(adapters)('arbitrary headers on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    const imports = [JwtAuthModule.forRoot({ secret: SECRET, locations: ['header', { header: 'x-token' }] })]
    app = await startApp(adapter, { imports, controllers: [MeController] })
  })

  // What node:http lets through: no control characters, and Latin-1.
  const letter = fc.integer({ min: 0x20, max: 0xff }).filter((code) => code !== 0x7f)
  const latin = fc.array(letter, { maxLength: 80 }).map((codes) => String.fromCharCode(...codes))
  const value = fc.oneof(
    latin,
    latin.map((text) => `Bearer ${text}`),
    fc.stringMatching(/^Bearer [\w-]*\.[\w-]*\.[\w-]*$/),
  )
  const names = fc.constantFrom('Authorization', 'authorization', 'X-Token', 'AUTHORIZATION')

  it('are a 401', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(names, value), { maxLength: 3 }), async (headers) => {
        const answer = await app.send({ path: '/me', headers })
        expect([400, 401]).toContain(answer.status)
      }),
      runs(100),
    ))
})
