import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { TokenService } from '@nest-jwt-auth/core'
import { describeWith } from '../support/services.js'
import type { HandlerName, Reply, RunningTransport, TransportDriver } from './drivers/driver.js'
import { drivers } from './drivers/index.js'

const SECRET = 'MvhaWyVh5i7Uo3AOtLuPPl0sX6rYJ9Qk'
const SCOPES = { claims: { scope: 'items:delete' } }

interface Case {
  readonly name: string
  readonly handler: HandlerName
  readonly token?: (tokens: TokenService) => Promise<string>
  readonly expected: Reply
}

const refused = (errorCode: string, status = 401): Reply => ({ status, errorCode })

const CASES: readonly Case[] = [
  { name: 'no token', handler: 'whoami', expected: refused('token_missing') },
  {
    name: 'a malformed token',
    handler: 'whoami',
    token: () => Promise.resolve('abc.def'),
    expected: refused('token_malformed'),
  },
  {
    name: 'a bad signature',
    handler: 'whoami',
    token: async (tokens) => altered(await tokens.issueAccessToken('user')),
    expected: refused('token_signature_invalid'),
  },
  {
    name: 'an expired token',
    handler: 'whoami',
    token: (tokens) => tokens.issueAccessToken('user', { expiresIn: 0 }),
    expected: refused('token_expired'),
  },
  {
    name: 'a token of an ended session',
    handler: 'whoami',
    token: revoked,
    expected: refused('token_revoked'),
  },
  {
    name: 'a refresh token',
    handler: 'whoami',
    token: async (tokens) => (await tokens.issue('user')).refresh_token ?? '',
    expected: refused('token_wrong_type'),
  },
  {
    name: 'a token without the scope',
    handler: 'remove',
    token: (tokens) => tokens.issueAccessToken('user'),
    expected: refused('insufficient_scope', 403),
  },
  {
    name: 'a good token',
    handler: 'whoami',
    token: (tokens) => tokens.issueAccessToken('user'),
    expected: { sub: 'user' },
  },
  {
    name: 'a good token with the scope',
    handler: 'remove',
    token: (tokens) => tokens.issueAccessToken('user', SCOPES),
    expected: { sub: 'user' },
  },
  { name: 'a public handler without a token', handler: 'open', expected: {} },
]

for (const driver of drivers) {
  if (driver.service === undefined) describe(driver.name, () => casesOf(driver))
  else describeWith(driver.service, driver.name, () => casesOf(driver))
}

function casesOf(driver: TransportDriver): void {
  let running: RunningTransport

  beforeAll(async () => {
    running = await driver.start({ secret: SECRET })
  })
  afterAll(() => running.close())

  const cases = CASES.filter(
    ({ handler, token }) => (driver.opensWithoutToken ?? true) || handler !== 'open' || token,
  )
  it.each(cases)('$name at $handler', async ({ handler, token, expected }) => {
    const sent = await token?.(running.app.get(TokenService))
    expect(await running.call(handler, sent)).toEqual(expected)
  })
}

/** another first byte of the signature. */
function altered(token: string): string {
  const signature = Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url')
  signature[0] = (signature[0] ?? 0) ^ 1
  return `${token.slice(0, token.lastIndexOf('.') + 1)}${signature.toString('base64url')}`
}

async function revoked(tokens: TokenService): Promise<string> {
  const pair = await tokens.issue('user')
  await tokens.revokeAll('user')
  return pair.access_token
}
