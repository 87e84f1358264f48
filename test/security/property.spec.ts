import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { signingKeys } from './algorithms.js'
import { character, succeeds } from './anything.js'
import { isFuzzing, runs } from './fuzz.js'

const reserved = new Set([
  'iss',
  'sub',
  'iat',
  'exp',
  'jti',
  'sid',
  'auth_time',
  'act',
  'cnf',
  'aud',
  'nbf',
  'toJSON',
])
const claimName = fc.string({ maxLength: 20, unit: character }).filter((name) => !reserved.has(name))
const customClaims = fc.dictionary(claimName, fc.jsonValue({ maxDepth: 4 }), { maxKeys: 8 })
const memberName = fc.string({ maxLength: 8 }).map((name) => `x-${name}`)
const subject = fc.string({ minLength: 1, maxLength: 255 })

describe.each(signingKeys)('%s', (_, key) => {
  let tokens: TokenService

  beforeAll(async () => {
    const options = { keys: [{ ...key, kid: 'own' }], refreshToken: false } as const
    tokens = (await startModule({ imports: [JwtAuthModule.forRoot(options)] })).get(TokenService)
  })

  it('verifies what it signed, claim by claim', () =>
    fc.assert(
      fc.asyncProperty(
        subject,
        customClaims,
        fc.dictionary(memberName, fc.jsonValue(), { maxKeys: 3 }),
        async (sub, claims, header) => {
          fc.pre(Buffer.byteLength(JSON.stringify([claims, header])) < 4000)
          // With `alg`, `typ` and `kid` it is under 1,024 characters as it is encoded.
          fc.pre(Buffer.byteLength(JSON.stringify(header)) < 600)
          const token = await tokens.issueAccessToken(sub, { claims, header })
          const verified = await tokens.verify(token)
          const again = await tokens.verify(token)

          expect(verified.claims).toMatchObject({ sub, iat: expect.any(Number), jti: expect.any(String) })
          // One by one: JavaScript itself puts names that are numbers first.
          for (const [name, value] of Object.entries(claims)) {
            const kept: unknown = Object.getOwnPropertyDescriptor(verified.claims, name)?.value
            expect(JSON.stringify(kept)).toBe(JSON.stringify(value))
          }
          expect(JSON.parse(JSON.stringify(verified.header))).toEqual({
            ...JSON.parse(JSON.stringify(header)),
            alg: key.algorithm,
            typ: 'at+jwt',
            kid: 'own',
          })
          expect(again).toEqual(verified)
        },
      ),
      runs(15),
    ))

  it('refuses every single character of a token changed, left out or put in', async () => {
    const token = await tokens.issueAccessToken('ida')
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\u0000\u0141'
    const isCheap = key.algorithm === 'HS256' || isFuzzing
    // One expectation for thousands of texts, which is the faster way.
    const accepted: string[] = []
    const tryOut = async (text: string) => {
      if (await succeeds(() => tokens.verify(text))) accepted.push(text)
    }
    for (const [at, own] of token.split('').entries()) {
      const others = isCheap ? alphabet : (alphabet[(at * 7) % alphabet.length] ?? 'A')
      const [before, after] = [token.slice(0, at), token.slice(at + 1)]
      for (const other of others) {
        if (other !== own) await tryOut(before + other + after)
        await tryOut(before + other + own + after)
      }
      await tryOut(before + after)
    }
    await tryOut(`${token}A`)
    await tryOut(token)
    expect(accepted).toEqual([token])
  })
})
