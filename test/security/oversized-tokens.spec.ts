import { beforeAll, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { OtherParty } from '../issuers/foreign-app.js'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

const KILOBYTE = 2 ** 10
const COUNT = 1000

let tokens: TokenService
/** The same in apps that look for the issuer of a token first. */
let beside: TokenService
let verifying: TokenService
/** Tokens that are longer than a token may be: a little, and a thousand times. */
let long: readonly string[]
let huge: readonly string[]

beforeAll(async () => {
  const issuers = [new OtherParty('https://login.example.com/').options()]
  tokens = await serviceWith({ secret: SECRET })
  beside = await serviceWith({ secret: SECRET, issuer: 'https://shop.example', issuers })
  verifying = await serviceWith({ issuers })
  const [header, payload, signature] = (await tokens.issueAccessToken('ida')).split('.')
  // A few strings, each used many times: a check of the length costs the same for all of them.
  const filledWith = (length: number) =>
    ['A', '.', 'é', '{'].map((letter) => `${header}.${payload}${letter.repeat(length)}.${signature}`)
  long = filledWith(10 * KILOBYTE)
  huge = filledWith(10 * KILOBYTE * KILOBYTE)
})

async function serviceWith(options: Parameters<typeof JwtAuthModule.forRoot>[0]): Promise<TokenService> {
  return (await startModule({ imports: [JwtAuthModule.forRoot(options)] })).get(TokenService)
}

type Work = (token: string) => Promise<unknown>

/** The processor time, of all threads, that it takes to refuse so many; milliseconds. */
async function timeToRefuse(tokens: readonly string[], work: Work): Promise<number> {
  const began = process.cpuUsage()
  const codes = new Set<unknown>()
  for (let index = 0; index < COUNT; index++) {
    const error: unknown = await work(tokens[index % tokens.length]!).catch((reason: unknown) => reason)
    codes.add(Reflect.get(Object(error), 'errorCode'))
  }
  expect([...codes]).toEqual(['token_malformed'])
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1000
}

it.each<{ name: string; work: Work }>([
  { name: 'verify', work: (token: string) => tokens.verify(token) },
  { name: 'verify beside another issuer', work: (token: string) => beside.verify(token) },
  { name: 'verify in an app that only verifies', work: (token: string) => verifying.verify(token) },
  { name: 'verify of a refresh token', work: (token: string) => tokens.verify(token, { kind: 'refresh' }) },
  { name: 'revoke', work: (token: string) => tokens.revoke(token) },
  { name: 'refresh', work: (token: string) => tokens.refresh(token) },
  { name: 'consumeOneTimeToken', work: (token: string) => tokens.consumeOneTimeToken('reset', token) },
  { name: 'decodeUnverified', work: async (token: string) => tokens.decodeUnverified(token) },
])('$name refuses a token of 10 MB by its length alone', async ({ work }) => {
  await timeToRefuse(long, work)
  const ratio = (await timeToRefuse(huge, work)) / (await timeToRefuse(long, work))
  // About 1; to hash or to decode them would make it hundreds.
  expect(ratio).toBeLessThan(20)
})
