import { beforeAll, describe, expect, it } from '@jest/globals'
import { JwtAuthError, type TokenService } from '@nest-jwt-auth/core'
import { attempts, otherAttempts } from '../verification/attempts.js'
import { malformedTokens } from '../verification/malformed-tokens.js'
import { tokenCases } from './token-cases.js'
import { type Setting, startTarget, type Target } from './with-issuers.js'

type Attack = (target: Target) => string

/** All that the suites refuse in an app without other issuers. */
const attacks = new Map<string, Attack>([
  ...[...attempts.map(([name, , make]) => [name, make] as const), ...otherAttempts].map(
    ([name, make]): [string, Attack] => [
      name,
      ({ good, refresh, stranger }) => make({ access: good.text, refresh, author: good.author, stranger }),
    ],
  ),
  ...[...malformedTokens, ...tokenCases].map(([name, make]): [string, Attack] => [
    `a token of ${name}`,
    ({ good }) => make(good),
  ]),
])

const ACCEPTED = 'accepted'
const UNKNOWN = 'token_signature_invalid'

/** A payload that cannot be read names no issuer, and no key of the app itself has signed it. */
const unreadable = [
  'an array as payload',
  'null as payload',
  'a text as payload',
  'a number as payload',
  'broken JSON as payload',
  'no payload',
  'a line break in the payload, signed',
  '`sub` twice',
  '`sub` twice, once written `\\u0073ub`',
  'a byte order mark before the claims',
  'bytes in a claim that are not UTF-8',
  'claims nested 1,500 levels deep',
  'a payload that is a string',
  'a payload that is an array',
  'a payload that is `null`',
  'a payload that is not JSON',
]
const foreign = {
  ...Object.fromEntries(unreadable.map((name) => [`a token of ${name}`, UNKNOWN])),
  'another issuer': UNKNOWN,
  'a token of `iss` as a list': UNKNOWN,
  'no issuer': UNKNOWN,
  // What own tokens always have, and those of others may lack or spell differently.
  'no id': ACCEPTED,
  'no time of issue': ACCEPTED,
  'a token of no `jti`': ACCEPTED,
  'a token of `typ: application/AT+JWT`': ACCEPTED,
  'a header of more than 1,024 characters': ACCEPTED,
}

/** Where the answer is another than in an app without other issuers. */
const settings: [Setting, differs: Record<string, string>][] = [
  ['own tokens, beside two other issuers', { 'another issuer': UNKNOWN }],
  ['foreign tokens, beside own keys and a second issuer', foreign],
  ['foreign tokens, in an app that only verifies', foreign],
]

async function answerOf(tokens: TokenService, token: string): Promise<string> {
  try {
    await tokens.verify(token)
    return ACCEPTED
  } catch (error) {
    if (error instanceof JwtAuthError) return error.errorCode
    throw error
  }
}

describe('attacks on an app without other issuers', () => {
  it('are many, and all refused', async () => {
    const target = await startTarget('own tokens, without other issuers')
    expect(attacks.size).toBeGreaterThan(100)
    expect(await answerOf(target.tokens, target.good.text)).toBe(ACCEPTED)
    for (const attack of attacks.values()) {
      expect(await answerOf(target.tokens, attack(target))).not.toBe(ACCEPTED)
    }
  })
})

describe.each(settings)('%s', (setting, differs) => {
  let plain: Target
  let target: Target

  beforeAll(async () => {
    plain = await startTarget('own tokens, without other issuers')
    target = await startTarget(setting)
  })

  it('the good token is accepted', async () => {
    expect(await answerOf(target.tokens, target.good.text)).toBe(ACCEPTED)
  })

  it('what differs is among the attacks', () => {
    expect(Object.keys(differs).filter((name) => !attacks.has(name))).toEqual([])
  })

  it.each([...attacks])('%s is answered as it should be', async (name, attack) => {
    const expected = differs[name] ?? (await answerOf(plain.tokens, attack(plain)))
    expect(await answerOf(target.tokens, attack(target))).toBe(expected)
  })
})
