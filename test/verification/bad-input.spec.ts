import { Body, Controller, Get, Post, UseGuards } from '@nestjs/common'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { Claims, JwtAuthModule, JwtGuard, OptionalAuth, RequireClaims } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { breakSignature, forgeToken, readToken, reforge, SECRET } from '../support/forge.js'
import { ownAuthor } from '../security/sign-bytes.js'
import { malformedTokens } from './malformed-tokens.js'
import type { Answer, Request } from '../support/http.js'
import { logs } from '../support/logs.js'

const MARK = 'CLAIMVALUEMARK4711'
const clock = new FakeClock(new Date('2030-01-01T00:00:00Z'))

@Controller('ledger')
@UseGuards(JwtGuard)
class LedgerController {
  @Get()
  ledger(@Claims('sub') sub: string) {
    return { sub }
  }

  @Post()
  write(@Body() body: unknown) {
    return { written: typeof body }
  }

  @Get('optional')
  @OptionalAuth()
  optional() {
    return { read: true }
  }

  @Get('ledger-policy')
  @RequireClaims({ note: 'another' })
  policy() {
    return { read: true }
  }
}

const bearer = (token: string): Request => ({
  path: '/ledger',
  headers: [['Authorization', `Bearer ${token}`]],
})

/** The good token's header with any payload text, signed well. */
const signed = (good: string, payload: string) => forgeToken(readToken(good).header, payload)

function withMember(good: string, member: string): string {
  return signed(good, JSON.stringify(readToken(good).claims).replace(/}$/, `,${member}}`))
}

const requests: [name: string, make: (good: string) => Request][] = [
  ['no header', () => ({ path: '/ledger' })],
  ['an empty header', () => ({ path: '/ledger', headers: [['Authorization', '']] })],
  ['Bearer alone', () => ({ path: '/ledger', headers: [['Authorization', 'Bearer']] })],
  ['another scheme', () => ({ path: '/ledger', headers: [['Authorization', `Basic ${MARK}`]] })],
  ['two headers', (good) => ({ path: '/ledger', headers: [...bearerTwice(good)] })],
  ['a header of 12 kB', () => bearer('c'.repeat(12_000))],
  ['a header of 60 kB', () => bearer('d'.repeat(60_000))],
  ['a body of broken JSON', (good) => ({ ...bearer(good), method: 'POST', body: '{"a":' })],
  ['a body of broken JSON, no token', () => ({ path: '/ledger', method: 'POST', body: '{"a":' })],
  ['a bad token, optional', (good) => ({ ...bearer(breakSignature(good)), path: '/ledger/optional' })],
  ['a claim that does not match', (good) => ({ ...bearer(good), path: '/ledger/ledger-policy' })],
  ...malformedTokens.map(([name, make]): [string, (good: string) => Request] => [
    `a token of ${name}`,
    (good) => bearer(make({ text: good, ...readToken(good), author: ownAuthor })),
  ]),
]

function bearerTwice(token: string): [string, string][] {
  return [
    ['Authorization', `Bearer ${token}`],
    ['authorization', `Bearer ${token}`],
  ]
}

describe.each(adapters)('bad input on $name', (adapter) => {
  let app: RunningApp
  let good: string

  beforeAll(async () => {
    app = await startApp(
      adapter,
      { imports: [JwtAuthModule.forRoot({ secret: SECRET })], controllers: [LedgerController] },
      { clock },
    )
  })

  beforeEach(async () => {
    good = await app.tokens.issueAccessToken('ida', { claims: { note: MARK } })
    logs.clear()
  })

  function expectNoLeak(answer: Answer, request: Request): void {
    const shown = `${answer.text}\n${JSON.stringify(answer.headers)}\n${logs.text()}`
    const [, sent = ''] = request.headers?.[0] ?? []
    const secrets = [SECRET, MARK, ...sent.split(/[ .,]/), ...good.split('.')]

    for (const secret of secrets.filter((text) => text.length > 8)) expect(shown).not.toContain(secret)
  }

  it.each(requests)('refuses %s, and goes on', async (_, make) => {
    const request = make(good)
    const answer = await app.send(request)

    expect([400, 401, 403, 431]).toContain(answer.status)
    expectNoLeak(answer, request)
    expect(await app.get('/ledger', good)).toMatchObject({ status: 200 })
  })

  it('takes claims named like members of every object for plain claims', async () => {
    for (const member of ['"constructor":{"a":1}', '"toString":"x"', '"hasOwnProperty":1', '"then":"x"']) {
      expect(await app.get('/ledger', withMember(good, member))).toMatchObject({ body: { sub: 'ida' } })
    }
  })

  it('takes no claim from __proto__', async () => {
    const answer = await app.get('/ledger', withMember(good, '"__proto__":{"sub":"root"}'))

    expect(answer.status).toBeLessThan(500)
    expect(answer.text).not.toContain('root')
    expect(({} as Record<string, unknown>)['sub']).toBeUndefined()
  })

  it('logs the reason at debug level: code, route and jti', async () => {
    const jti = String(readToken(good).claims['jti'])
    await app.get('/ledger/ledger-policy', good)
    const lines = logs.lines.filter(({ text }) => text.includes('insufficient_claims'))

    expect(lines.map(({ level }) => level)).toEqual(['debug'])
    expect(lines[0]?.text).toContain(jti)
    expect(lines[0]?.text).toMatch(/ledger-policy|LedgerController/)
  })

  it('logs the reason where the token is expired, too', async () => {
    const now = Math.floor(clock.now() / 1000)
    const expired = reforge(good, { claims: { iat: now - 60, exp: now - 1 } })
    await app.get('/ledger', expired)

    const line = logs.lines.find(({ text }) => text.includes('token_expired'))
    expect(line).toMatchObject({ level: 'debug', text: expect.stringContaining('edger') })
    expect(line?.text).toContain(String(readToken(good).claims['jti']))
  })
})
