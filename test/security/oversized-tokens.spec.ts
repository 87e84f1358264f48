import { beforeAll, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

const MEGABYTE = 2 ** 20
const COUNT = 1000

let tokens: TokenService
let oversized: readonly string[]

beforeAll(async () => {
  const module = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET })] })
  tokens = module.get(TokenService)
  const [header, payload, signature] = (await tokens.issueAccessToken('ida')).split('.')
  // A few texts, each many times over: a check of the length costs the same for all of them.
  oversized = ['A', '.', 'é', '{'].map(
    (letter) => `${header}.${payload}${letter.repeat(10 * MEGABYTE)}.${signature}`,
  )
})

it.each([
  { name: 'verify', work: (token: string) => tokens.verify(token) },
  { name: 'verify of a refresh token', work: (token: string) => tokens.verify(token, { kind: 'refresh' }) },
  { name: 'revoke', work: (token: string) => tokens.revoke(token) },
  { name: 'refresh', work: (token: string) => tokens.refresh(token) },
  { name: 'consumeOneTimeToken', work: (token: string) => tokens.consumeOneTimeToken('reset', token) },
  { name: 'decodeUnverified', work: async (token: string) => tokens.decodeUnverified(token) },
])(`$name refuses ${COUNT} tokens of 10 MB each by their length alone`, async ({ work }) => {
  const began = performance.now()
  const codes = new Set<unknown>()
  for (let index = 0; index < COUNT; index++) {
    const error: unknown = await work(oversized[index % oversized.length]!).catch((reason: unknown) => reason)
    codes.add(Reflect.get(Object(error), 'errorCode'))
  }
  const took = performance.now() - began
  expect([...codes]).toEqual(['token_malformed'])
  // To hash or decode them would take ten seconds and more.
  expect(took).toBeLessThan(2000)
})
