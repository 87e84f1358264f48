import * as fc from 'fast-check'
import { describe, expect, it } from '@jest/globals'
import { KEYS_URL, newKey, StubIssuer, type StubKey, Subject } from '../issuers/issuer-stub.js'
import { character } from './anything.js'
import { runs } from './fuzz.js'

const REFUSED = 'token_signature_invalid'
const DOWN = 'keys_unavailable'
const kids = ['a', 'b', 'c', 'd']
const keys = new Map(kids.map((kid): [string, StubKey] => [kid, newKey(kid)]))
const good = newKey('good')

describe('whatever an issuer publishes', () => {
  const jwk = fc.record(
    {
      kty: fc.oneof(fc.constantFrom('EC', 'RSA', 'OKP', 'oct'), fc.jsonValue()),
      crv: fc.oneof(fc.constantFrom('P-256', 'P-384', 'Ed25519'), fc.jsonValue()),
      kid: fc.oneof(fc.constantFrom('a', '__proto__', ''), fc.jsonValue()),
      alg: fc.oneof(fc.constantFrom('ES256', 'RS256', 'none', 'HS256'), fc.jsonValue()),
      use: fc.oneof(fc.constantFrom('sig', 'enc'), fc.jsonValue()),
      key_ops: fc.oneof(fc.constant(['verify']), fc.jsonValue()),
      issuer: fc.oneof(fc.constant('https://{tenantid}'), fc.jsonValue()),
      x: fc.oneof(fc.constant(good.jwk.x), fc.base64String(), fc.jsonValue()),
      y: fc.oneof(fc.constant(good.jwk.y), fc.base64String(), fc.jsonValue()),
      n: fc.oneof(
        fc.uint8Array({ minLength: 256, maxLength: 256 }).map((n) => Buffer.from(n).toString('base64url')),
        fc.jsonValue(),
      ),
      e: fc.oneof(fc.constant('AQAB'), fc.jsonValue()),
    },
    { requiredKeys: [] },
  )
  const documents = fc.oneof(
    fc.json(),
    fc.string({ unit: character }),
    fc.array(fc.oneof(jwk, fc.jsonValue()), { maxLength: 8 }).map((keys) => JSON.stringify({ keys })),
    fc
      .dictionary(
        fc.string(),
        fc.string().map((text) => `-----BEGIN CERTIFICATE-----\n${text}`),
      )
      .map((certificates) => JSON.stringify(certificates)),
  )

  it('is a set of keys or a failed fetch, and never an error', () =>
    fc.assert(
      fc.asyncProperty(documents, fc.constantFrom('a', '__proto__', undefined), async (document, kid) => {
        const issuer = new StubIssuer()
        issuer.answers.set(KEYS_URL, () => new Response(document))
        const subject = new Subject(issuer, { algorithms: ['ES256', 'RS256', 'EdDSA'] })

        for (const alg of ['ES256', 'RS256', 'EdDSA']) {
          expect(await subject.ask(kid, { alg })).toMatch(
            /^(token_signature_invalid|keys_unavailable|a|__proto__|[\w-]{43})$/,
          )
        }
        expect(issuer.asked).toHaveLength(1)
        subject.keys.close()
      }),
      runs(300),
    ))

  it('beside a good key does not harm it', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(jwk, fc.jsonValue()), { maxLength: 8 }), async (others) => {
        const issuer = new StubIssuer()
        issuer.publishDocument({ keys: [...others, good.jwk] })
        const subject = new Subject(issuer)

        expect(await subject.ask('good')).toBe('good')
        subject.keys.close()
      }),
      runs(200),
    ))
})

type Step =
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'publish'; readonly kids: readonly string[]; readonly maxAge: number }
  | { readonly kind: 'down' }
  | { readonly kind: 'ask'; readonly kid: string }

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wait'),
      seconds: fc.oneof(fc.nat(90), fc.nat(4000), fc.nat(100_000)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('publish'), kids: fc.subarray(kids), maxAge: fc.nat(100_000) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('down') }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('ask'), kid: fc.constantFrom(...kids) }) },
)

/** What happened at the issuer, by the clock of the app. */
class ObservedIssuer extends StubIssuer {
  published: readonly string[] | undefined
  maxAge = 0
  readonly fetches: { at: number; kids: readonly string[] | undefined }[] = []
  now = () => 0

  override readonly fetch = async (): Promise<Response> => {
    const { published } = this
    this.fetches.push({ at: this.now(), kids: published })
    if (published === undefined) throw new TypeError('fetch failed')
    const body = JSON.stringify({ keys: published.map((kid) => keys.get(kid)?.jwk) })
    return new Response(body, { headers: { 'cache-control': `max-age=${this.maxAge}` } })
  }
}

describe('however an issuer and its tokens behave', () => {
  it('fetches are 30 seconds apart, and every answer follows from the last of them', () =>
    fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 60 }), async (steps) => {
        const issuer = new ObservedIssuer()
        const subject = new Subject(issuer)
        issuer.now = () => subject.clock.now()
        for (const step of steps) {
          if (step.kind === 'publish') [issuer.published, issuer.maxAge] = [step.kids, step.maxAge]
          if (step.kind === 'down') issuer.published = undefined
          if (step.kind === 'wait') subject.clock.advance(step.seconds)
          await subject.settle()
          if (step.kind === 'ask') checkAnswer(await subject.ask(step.kid), step.kid, issuer)
        }
        const times = issuer.fetches.map(({ at }) => at)
        const tooSoon = times.filter((at, index) => index > 0 && at - (times[index - 1] ?? 0) < 30_000)
        expect(tooSoon).toEqual([])
        subject.keys.close()
      }),
      runs(400),
    ))

  function checkAnswer(answer: string, kid: string, issuer: ObservedIssuer): void {
    const last = issuer.fetches.at(-1)
    const lastGood = issuer.fetches.findLast(({ kids }) => kids !== undefined)
    const age = issuer.now() - (lastGood?.at ?? -Infinity)
    const isKnown = lastGood?.kids?.includes(kid) === true && age < 25 * 3_600_000
    if (isKnown && age < 24 * 3_600_000) expect(answer).toBe(kid)
    if (!isKnown) expect(answer).toBe(last?.kids === undefined || age >= 25 * 3_600_000 ? DOWN : REFUSED)
  }
})
