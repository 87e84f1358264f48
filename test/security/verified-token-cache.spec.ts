import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { JwtAuthConfigError, JwtAuthModule, type StandardSchema, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { VerifiedTokenCache } from '../../packages/core/src/token/verified-token-cache.js'
import { OtherParty } from '../issuers/foreign-app.js'
import { newKey, StubIssuer } from '../issuers/issuer-stub.js'
import { startModule } from '../support/adapters.js'
import { breakSignature, encodePart, readToken, reforge, SECRET } from '../support/forge.js'
import { isFuzzing } from './fuzz.js'

type Options = Parameters<typeof JwtAuthModule.forRoot>[0]

const start = Date.parse('2030-01-01T00:00:00Z')
const now = start / 1000

async function serviceWith(options: Options, clock = new FakeClock(start)): Promise<TokenService> {
  const module = await startModule(
    { imports: [JwtAuthModule.forRoot({ secret: SECRET, ...options })] },
    { clock },
  )
  return module.get(TokenService)
}

/** The same text with one part exchanged, and the signature that it had. */
function withPart(token: string, at: number, part: Record<string, unknown>): string {
  return token.split('.').with(at, encodePart(part)).join('.')
}

/** A schema that counts how often it is asked, and answers later. */
function countingSchema() {
  const asked = { count: 0 }
  const validate = async (value: unknown) => {
    asked.count++
    await Promise.resolve()
    return (value as { bad?: boolean }).bad === true ? { issues: [{ message: 'bad' }] } : { value }
  }
  const schema: StandardSchema = { '~standard': { version: 1, vendor: 'test', validate } }
  return { asked, schema }
}

describe('a token of another issuer that passed is looked at again every time', () => {
  const party = new OtherParty('https://login.example.com/')
  const jwksUrl = 'https://login.example.com/keys'
  const token = party.token({ iat: now, exp: now + 7200 })

  async function verifying(also: Partial<ReturnType<OtherParty['options']>> = {}) {
    const clock = new FakeClock(start)
    const service = new StubIssuer()
    service.publishDocument({ keys: [party.key.jwk] }, {}, jwksUrl)
    const entry = { ...party.options({ keys: undefined, jwksUrl, ...also }), fetch: service.fetch }
    const module = await startModule({ imports: [JwtAuthModule.forRoot({ issuers: [entry] })] }, { clock })
    const tokens = module.get(TokenService)
    await tokens.verify(token)
    await tokens.verify(token)
    return { tokens, clock, service }
  }

  it('for its exp', async () => {
    const { tokens, clock } = await verifying()
    clock.advance(7199)
    await tokens.verify(token)
    clock.advance(1)
    await expect(tokens.verify(token)).rejects.toMatchObject({ errorCode: 'token_expired' })
  })

  it('for its key, which its issuer may withdraw', async () => {
    const { tokens, clock, service } = await verifying()
    service.publishDocument({ keys: [newKey('key-2', { alg: 'ES256' }).jwk] }, {}, jwksUrl)
    clock.advance(601)
    await tokens.verify(token)
    let refusal: unknown
    // The keys are fetched in the background.
    for (let turn = 0; turn < 1000 && refusal === undefined; turn++) {
      await new Promise(setImmediate)
      refusal = await tokens.verify(token).then(
        () => undefined,
        (error: unknown) => error,
      )
    }
    expect(refusal).toMatchObject({ errorCode: 'token_signature_invalid' })
  })

  it('but the functions of its entry are called once', async () => {
    const asked: string[] = []
    const { tokens } = await verifying({
      accept: () => asked.push('accept') > 0,
      subject: () => `subject ${asked.push('subject')}`,
    })
    await tokens.verify(token)
    expect(asked).toEqual(['accept', 'subject'])
  })
})

describe('a token that passed is looked at again every time', () => {
  const clock = new FakeClock(start)
  let tokens: TokenService

  beforeAll(async () => {
    tokens = await serviceWith({}, clock)
  })

  it('for its exp, to the very second', async () => {
    const token = (await tokens.issue('ida')).access_token
    await tokens.verify(token)
    clock.advance(899)
    await tokens.verify(token)
    clock.advance(1)
    for (const _ of [1, 2])
      await expect(tokens.verify(token)).rejects.toMatchObject({ errorCode: 'token_expired' })
    clock.advance(-1)
    await tokens.verify(token)
    clock.set(start)
  })

  it('for its nbf and iat, where the clock is set back', async () => {
    const token = (await tokens.issue('ida')).access_token
    const later = reforge(token, { claims: { nbf: now } })
    await tokens.verify(token)
    await tokens.verify(later)
    clock.advance(-5)
    await tokens.verify(token)
    await tokens.verify(later)
    clock.advance(-1)
    await expect(tokens.verify(token)).rejects.toMatchObject({ errorCode: 'token_not_active' })
    await expect(tokens.verify(later)).rejects.toMatchObject({ errorCode: 'token_not_active' })
    clock.set(start)
  })

  it('for its session', async () => {
    const pair = await tokens.issue('ida')
    await tokens.verify(pair.access_token)
    await tokens.verify(pair.access_token)
    await tokens.revokeSession(pair.sessionId ?? '')
    await expect(tokens.verify(pair.access_token)).rejects.toMatchObject({ errorCode: 'token_revoked' })
  })

  it('for what it is wanted for', async () => {
    const pair = await tokens.issue('ida')
    await tokens.verify(pair.access_token)
    await expect(tokens.verify(pair.access_token, { kind: 'refresh' })).rejects.toMatchObject({
      errorCode: 'token_wrong_type',
    })
  })

  it.each([
    ['signature', breakSignature],
    ['payload', (token: string) => withPart(token, 1, { ...readToken(token).claims, is_admin: true })],
    ['header', (token: string) => withPart(token, 0, { ...readToken(token).header, shard: 'b' })],
  ])('part by part: with another %s it is another token', async (_part, change) => {
    const token = (await tokens.issue('ida')).access_token
    await tokens.verify(token)
    await expect(tokens.verify(change(token))).rejects.toMatchObject({
      errorCode: 'token_signature_invalid',
    })
  })

  it('letter by letter: with any other letter it is another token', async () => {
    const token = (await tokens.issue('ida')).access_token
    await tokens.verify(token)
    for (let at = 0; at < token.length; at++) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
      await expect(tokens.verify(changed)).rejects.toMatchObject({ status: 401 })
    }
    await tokens.verify(token)
  })
})

describe('the claims schema', () => {
  it('sees a token that passed once, and again when that is not remembered any more', async () => {
    const { asked, schema } = countingSchema()
    const tokens = await serviceWith({ claimsSchema: schema, verifiedTokenCache: { max: 1 } })
    const [first, second] = [await tokens.issueAccessToken('ida'), await tokens.issueAccessToken('ida')]
    asked.count = 0

    for (const token of [first, first, first]) await tokens.verify(token)
    expect(asked.count).toBe(1)
    for (const token of [second, first]) await tokens.verify(token)
    expect(asked.count).toBe(3)
  })

  it('sees a token that it refused each time', async () => {
    const { asked, schema } = countingSchema()
    const tokens = await serviceWith({ claimsSchema: schema })
    const token = reforge(await tokens.issueAccessToken('ida'), { claims: { bad: true } })
    asked.count = 0

    for (const count of [1, 2]) {
      await expect(tokens.verify(token)).rejects.toMatchObject({ errorCode: 'token_claims_invalid' })
      expect(asked.count).toBe(count)
    }
  })

  it('sees every token each time without the cache', async () => {
    const { asked, schema } = countingSchema()
    const tokens = await serviceWith({ claimsSchema: schema, verifiedTokenCache: false })
    const token = await tokens.issueAccessToken('ida')
    asked.count = 0

    for (const count of [1, 2]) {
      await tokens.verify(token)
      expect(asked.count).toBe(count)
    }
  })
})

describe('what is remembered', () => {
  it('is never more than the limit, and the first makes room', () => {
    const cache = new VerifiedTokenCache(3)
    for (const digest of ['a', 'b', 'c', 'b', 'd']) cache.set(digest, {} as never)
    expect(cache.size).toBe(3)
    expect(['a', 'b', 'c', 'd'].filter((digest) => cache.get(digest))).toEqual(['b', 'c', 'd'])

    cache.delete('c')
    for (let at = 0; at < 100; at++) {
      cache.set(String(at % 7), {} as never)
      expect(cache.size).toBeLessThanOrEqual(3)
    }
  })

  it('is nothing of refused tokens, however many and of whatever kind', async () => {
    const count = isFuzzing ? 1_000_000 : 20_000
    const tokens = await serviceWith({ refreshToken: false })
    const good = await tokens.issueAccessToken('ida')
    const kinds = [
      (id: string) => breakSignature(reforge(good, { claims: { jti: id } })),
      (id: string) => reforge(good, { claims: { jti: id, iat: now - 9, exp: now - 1 } }),
      (id: string) => reforge(good, { header: { typ: id } }),
      (id: string) => reforge(good, { header: { kid: id } }),
      (id: string) => reforge(good, { claims: { jti: id, sub: 7 } }),
      (id: string) => `${id}.${id}.${id}`,
    ]
    const refuse = async (from: number, to: number) => {
      for (let at = from; at < to; at++) {
        const make = kinds[at % kinds.length] as (id: string) => string
        await expect(tokens.verify(make(`id-${at}`))).rejects.toMatchObject({ status: 401 })
      }
    }

    await refuse(0, 2000)
    const before = heapUsed()
    await refuse(2000, count)
    expect(heapUsed() - before).toBeLessThan(10 * 2 ** 20)
  })
})

describe('the option', () => {
  it.each([
    true,
    0,
    null,
    'yes',
    { max: 0 },
    { max: -1 },
    { max: 1.5 },
    { max: '5' },
    { max: Infinity },
    { size: 5 },
  ])('%p is a boot error', async (verifiedTokenCache) => {
    const error: unknown = await serviceWith({ verifiedTokenCache } as Options).catch(
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(JwtAuthConfigError)
    expect(String(error)).toContain('verifiedTokenCache')
  })

  it.each([undefined, false, {}, { max: undefined }, { max: 1 }, { max: 50_000 }] as const)(
    '%p is fine',
    async (verifiedTokenCache) => {
      const tokens = await serviceWith({ verifiedTokenCache })
      const token = await tokens.issueAccessToken('ida')
      for (const _ of [1, 2])
        expect(await tokens.verify(token)).toMatchObject({ claims: readToken(token).claims })
    },
  )
})

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
