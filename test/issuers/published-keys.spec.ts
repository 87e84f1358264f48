import { generateKeyPairSync, type JsonWebKey, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import type { JwtAuthError } from '@nest-jwt-auth/core'
import type { IssuerOptions } from '../../packages/core/src/issuers/issuer-options.js'
import { newCertificate } from '../support/certificate.js'
import { ISSUER, newKey, StubIssuer, Subject } from './issuer-stub.js'

const REFUSED = 'token_signature_invalid'
const DOWN = 'keys_unavailable'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const rsaJwk = rsa.publicKey.export({ format: 'jwk' })
const ed25519Jwk = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })

function subjectOf(document: unknown, options: Partial<IssuerOptions> = {}): Subject {
  const issuer = new StubIssuer()
  issuer.publishDocument(document)
  return new Subject(issuer, options)
}

/** The good key is always found beside the one in question. */
async function asked(jwk: unknown, kid: string | undefined, options: Partial<IssuerOptions> = {}) {
  const good = newKey('good')
  const subject = subjectOf({ keys: [good.jwk, jwk] }, options)
  expect(await subject.ask('good')).toBe('good')
  return { found: await subject.ask(kid), warnings: subject.warnings }
}

const WARNING = `The key set of the issuer "${ISSUER}" has problems.`

describe('a published JWK', () => {
  it.each<[string, Record<string, unknown>]>([
    ['is for encryption', { use: 'enc' }],
    ['has key_ops without verify', { key_ops: ['encrypt', 'wrapKey'] }],
    ['has key_ops that are not a list', { key_ops: 'verify' }],
    ['has key_ops that are not strings', { key_ops: ['verify', null] }],
    ['has the same key_ops twice', { key_ops: ['verify', 'verify'] }],
    ['has an alg that is not configured', { alg: 'ES384' }],
    ['has an alg for encryption', { alg: 'ECDH-ES' }],
    ['has an alg of another type', { alg: 'RS256' }],
  ])('that %s is left out without a word', async (_, members) => {
    expect(await asked(newKey('k', members).jwk, 'k')).toEqual({ found: REFUSED, warnings: [] })
  })

  it.each(['k', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'oth'])(
    'that has the secret member %s is left out, with one warning, whatever its value',
    async (member) => {
      expect(await asked(newKey('k', { [member]: '' }).jwk, 'k')).toEqual({
        found: REFUSED,
        warnings: [
          `${WARNING} Key 2 is not used. It contains a secret or private key, which anybody may have read.`,
        ],
      })
    },
  )

  it.each<Record<string, unknown>>([
    { use: 'sig' },
    { key_ops: ['verify'] },
    { key_ops: ['verify', 'sign'], use: 'sig', alg: 'ES256' },
    { x5c: ['x'], ext: true },
  ])('with %j is used', async (members) => {
    expect(await asked(newKey('k', members).jwk, 'k')).toEqual({ found: 'k', warnings: [] })
  })

  it.each<[string, () => unknown, string]>([
    [
      'says that it is a secret',
      () => ({ kty: 'oct', kid: 'k' }),
      'Key 2 is not used. It contains a secret or private key, which anybody may have read.',
    ],
    [
      'has an empty kid',
      () => newKey('').jwk,
      'Key 2 is not used. Its kid is not a string of 1 to 255 characters.',
    ],
    [
      'has a list as kid',
      () => ({ ...newKey().jwk, kid: ['k'] }),
      'Key 2 is not used. Its kid is not a string of 1 to 255 characters.',
    ],
    [
      'is private',
      () => ({ ...newKey('k').privateKey.export({ format: 'jwk' }), kid: 'k' }),
      'Key 2 is not used. It contains a secret or private key, which anybody may have read.',
    ],
    [
      'is a secret',
      () => ({ kty: 'oct', k: Buffer.alloc(32, 7).toString('base64url'), kid: 'k', alg: 'HS256' }),
      'Key 2 is not used. It contains a secret or private key, which anybody may have read.',
    ],
    [
      'is not on its curve',
      () => ({ ...newKey('k').jwk, x: newKey().jwk.x }),
      'Key 2 is not used. The object is not a JWK of a public key.',
    ],
    [
      'has members of wrong types',
      () => ({ ...newKey('k').jwk, x: 7 }),
      'Key 2 is not used. The object is not a JWK of a public key.',
    ],
    [
      'has a kid that is no string',
      () => ({ ...newKey().jwk, kid: 7 }),
      'Key 2 is not used. Its kid is not a string of 1 to 255 characters.',
    ],
    [
      'has a kid that is too long',
      () => newKey('k'.repeat(256)).jwk,
      'Key 2 is not used. Its kid is not a string of 1 to 255 characters.',
    ],
    ['is no object', () => 'k', 'Key 2 is not used. It is not a JSON object.'],
    ['is null', () => null, 'Key 2 is not used. It is not a JSON object.'],
    [
      'names an issuer that is no string',
      () => newKey('k', { issuer: {} }).jwk,
      'Key 2 is not used. Its issuer is not a string.',
    ],
  ])('that %s is left out, with one warning', async (_, jwk, warning) => {
    const { found, warnings } = await asked(jwk(), 'k')

    expect(found).toBe(REFUSED)
    expect(warnings).toEqual([`${WARNING} ${warning}`])
  })

  it.each<[string, () => JsonWebKey]>([
    [
      'under 2048 bits',
      () => generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }),
    ],
    ['with the exponent 3', () => ({ ...rsaJwk, e: 'Aw' })],
    ['of half a million bits', () => ({ ...rsaJwk, n: rsaJwk.n?.repeat(200) ?? '' })],
    ['with an exponent as long as that', () => ({ ...rsaJwk, e: rsaJwk.n?.repeat(200) ?? '' })],
  ])('of RSA %s is left out, with one warning', async (_, jwk) => {
    const algorithms = ['ES256', 'RS256'] as const
    const key = { ...jwk(), kid: 'k' }
    const good = newKey('good')
    const subject = subjectOf({ keys: [good.jwk, key] }, { algorithms })

    expect(await subject.ask('good')).toBe('good')
    expect(await subject.ask('k', { alg: 'RS256' })).toBe(REFUSED)
    expect(subject.warnings).toHaveLength(1)
    expect(subject.warnings[0]).toMatch(/Key 2 is not used\. (The RSA key|It is too large)/)
  })

  it('of RSA may have 16,384 bits', async () => {
    const n = Buffer.alloc(2048, 0xab).toString('base64url')
    const subject = subjectOf({ keys: [{ ...rsaJwk, n, kid: 'k' }] }, { algorithms: ['RS256'] })

    expect(await subject.ask('k', { alg: 'RS256' })).toBe('k')
    expect(subject.warnings).toEqual([])
  })

  it('is warned about once, not at every refresh, and again when that changes', async () => {
    const issuer = new StubIssuer()
    const good = newKey('good')
    issuer.publishDocument({ keys: [good.jwk, null] })
    const subject = new Subject(issuer)
    await subject.ask('good')
    subject.clock.advance('10m')
    await subject.settle()
    expect(issuer.asked).toHaveLength(2)
    expect(subject.warnings).toHaveLength(1)

    issuer.publishDocument({ keys: [null, good.jwk, null] })
    subject.clock.advance('10m')
    await subject.settle()
    expect(subject.warnings.slice(1)).toEqual([
      `${WARNING} Key 1 is not used. It is not a JSON object. Key 3 is not used. It is not a JSON object.`,
    ])

    issuer.publish(good)
    subject.clock.advance('10m')
    await subject.settle()
    expect(issuer.asked).toHaveLength(4)
    expect(subject.warnings).toHaveLength(2)
  })

  it('with an alg serves that one alone', async () => {
    const algorithms = ['RS256', 'PS256'] as const
    const subject = subjectOf({ keys: [{ ...rsaJwk, kid: 'k', alg: 'PS256' }] }, { algorithms })

    expect(await subject.ask('k', { alg: 'PS256' })).toBe('k')
    expect(await subject.ask('k', { alg: 'RS256' })).toBe(REFUSED)
  })

  it('without an alg serves the first configured one that it fits', async () => {
    const algorithms = ['ES256', 'PS384', 'RS256', 'EdDSA'] as const
    const keys = [
      { ...rsaJwk, kid: 'rsa' },
      { ...ed25519Jwk, kid: 'ed' },
      newKey('ec').jwk,
      {
        ...generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' }),
        kid: '384',
      },
      { ...generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }), kid: 'x' },
    ]
    const subject = subjectOf({ keys }, { algorithms })
    const all: string[] = []
    for (const kid of ['rsa', 'ed', 'ec', '384', 'x']) {
      for (const alg of algorithms) if ((await subject.ask(kid, { alg })) === kid) all.push(`${kid} ${alg}`)
    }

    expect(all).toEqual(['rsa PS384', 'ed EdDSA', 'ec ES256'])
    expect(subject.warnings).toEqual([])
  })

  it.each(['P-256', 'P-384', 'P-521'])(
    'on %s without an alg serves that of its curve',
    async (namedCurve) => {
      const algorithms = ['ES256', 'ES384', 'ES512'] as const
      const jwk = generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' })
      const subject = subjectOf({ keys: [{ ...jwk, kid: 'k' }] }, { algorithms })
      const found = await Promise.all(algorithms.map((alg) => subject.ask('k', { alg })))

      const own = ['P-256', 'P-384', 'P-521'].indexOf(namedCurve)
      expect(found).toEqual(algorithms.map((_, at) => (at === own ? 'k' : REFUSED)))
    },
  )

  it.each(['P-256', 'Ed25519'])('of RSA may have a stray crv %s', async (crv) => {
    const algorithms = ['ES256', 'EdDSA', 'RS256'] as const
    const subject = subjectOf({ keys: [{ ...rsaJwk, kid: 'k', crv }] }, { algorithms })

    expect(await subject.ask('k', { alg: 'RS256' })).toBe('k')
    expect(subject.warnings).toEqual([])
  })

  it.each(['__proto__', 'constructor', 'k'.repeat(255), ' ', '"', '\n\u0000', 'ключ'])(
    'may have the kid %j',
    async (kid) => {
      const document = `{"keys":[${JSON.stringify(newKey(kid).jwk)}]}`
      const issuer = new StubIssuer()
      issuer.answers.set(`${ISSUER}/keys`, () => new Response(document))

      expect(await new Subject(issuer).ask(kid)).toBe(kid)
    },
  )

  it('without a kid is only for tokens without one', async () => {
    const subject = subjectOf({ keys: [newKey().jwk] })

    for (const kid of ['k', 'undefined', 'null']) expect(await subject.ask(kid)).toBe(REFUSED)
    expect(await subject.ask(undefined)).toMatch(/^[\w-]{43}$/)
  })

  it('beside another one without a kid is nothing to warn about, but for no token', async () => {
    const subject = subjectOf({ keys: [newKey().jwk, newKey().jwk] })

    expect(await subject.ask(undefined)).toBe(REFUSED)
    expect(subject.warnings).toEqual([])
  })
})

describe('a token without a kid', () => {
  it('is for the one key that fits its alg', async () => {
    const algorithms = ['ES256', 'RS256'] as const
    const subject = subjectOf({ keys: [newKey('a').jwk, { ...rsaJwk, kid: 'b' }] }, { algorithms })

    expect(await subject.ask(undefined)).toBe('a')
    expect(await subject.ask(undefined, { alg: 'RS256' })).toBe('b')
  })

  it('is looked for by another fetch if none fits', async () => {
    const subject = subjectOf({ keys: [newKey('a').jwk] }, { algorithms: ['ES256', 'RS256'] })
    expect(await subject.ask('a')).toBe('a')
    subject.issuer.publishDocument({ keys: [newKey('a').jwk, { ...rsaJwk, kid: 'b' }] })
    subject.clock.advance('30s')

    expect(await subject.ask(undefined, { alg: 'RS256' })).toBe('b')
  })

  it('is refused without another fetch if several fit', async () => {
    const issuer = new StubIssuer()
    issuer.publish(newKey('a'), newKey('b'))
    const subject = new Subject(issuer)

    expect(await subject.ask(undefined)).toBe(REFUSED)
    subject.clock.advance('1m')
    expect(await subject.ask(undefined)).toBe(REFUSED)
    expect(issuer.asked).toHaveLength(1)
    await expect(subject.keys.of(ISSUER).fetchKey(undefined, 'ES256')).rejects.toMatchObject({
      details: { isKeyUnknown: true },
    })
  })
})

describe('a key that is known from an earlier fetch', () => {
  const { jwk } = newKey()
  const certificate = newCertificate(rsa.privateKey, { from: '2026-05-20', to: '2026-06-05' })

  it.each<[string, string, (...kids: string[]) => unknown]>([
    ['JWK', 'ES256', (...kids) => ({ keys: kids.map((kid) => Object.assign({ kid }, jwk)) })],
    ['certificate', 'RS256', (...kids) => Object.fromEntries(kids.map((kid) => [kid, certificate]))],
  ])('has the kids under which the last one brought it: %s', async (_, alg, documentWith) => {
    const subject = subjectOf(undefined, { algorithms: ['ES256', 'RS256'] })
    for (const kids of [['a'], ['b'], ['b', 'c'], ['a', 'c']]) {
      subject.issuer.publishDocument(documentWith(...kids))
      subject.clock.advance('10m')
      await subject.settle()
      for (const kid of ['a', 'b', 'c']) {
        expect(await subject.ask(kid, { alg })).toBe(kids.includes(kid) ? kid : REFUSED)
      }
    }
  })

  it.each([{ use: 'enc' }, { key_ops: ['encrypt'] }, { alg: 'ES384' }, { issuer: 'https://other.example' }])(
    'is not used any more once it has %j',
    async (members) => {
      const subject = subjectOf({ keys: [{ ...jwk, kid: 'a' }] })
      expect(await subject.ask('a')).toBe('a')
      subject.issuer.publishDocument({ keys: [{ ...jwk, kid: 'a', ...members }] })
      subject.clock.advance('10m')
      await subject.settle()

      expect(await subject.ask('a')).toBe(REFUSED)
    },
  )
})

describe('keys of one kid', () => {
  it('and one algorithm are all refused, because nobody can tell which is meant', async () => {
    const subject = subjectOf({ keys: [newKey('twin').jwk, newKey('good').jwk, newKey('twin').jwk] })

    expect(await subject.ask('good')).toBe('good')
    expect(await subject.ask('twin')).toBe(REFUSED)
    expect(subject.warnings).toEqual([
      `${WARNING} 2 keys are not used. Several have the same kid and algorithm.`,
    ])
  })

  it('are one if they are the same key', async () => {
    const { jwk } = newKey('twin')
    const subject = subjectOf({ keys: [jwk, { ...jwk, x5t: 'other' }] })

    expect(await subject.ask('twin')).toBe('twin')
    expect(subject.warnings).toEqual([])
  })

  it('and different algorithms are told apart (RFC 7517 section 4.5)', async () => {
    const algorithms = ['ES256', 'RS256'] as const
    const subject = subjectOf({ keys: [newKey('k').jwk, { ...rsaJwk, kid: 'k' }] }, { algorithms })

    expect(await subject.ask('k', { alg: 'ES256' })).toBe('k')
    expect(await subject.ask('k', { alg: 'RS256' })).toBe('k')
    expect(subject.warnings).toEqual([])
  })
})

describe('keys that name their issuer, as those of Microsoft Entra ID do', () => {
  const [ours, others, consumers] = [
    'b2c3d4e5-0000-4000-8000-000000000001',
    'b2c3d4e5-0000-4000-8000-000000000002',
    '9188040d-6c67-4c5b-b112-36a304b66dad',
  ]
  const v2 = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`
  const v1 = (tenant: string) => `https://sts.windows.net/${tenant}/`
  const keys = [
    newKey('any', { issuer: v2('{tenantid}') }).jwk,
    newKey('ours', { issuer: v2(ours) }).jwk,
    newKey('consumers', { issuer: v2(consumers) }).jwk,
    newKey('unnamed').jwk,
    newKey('somebody', { issuer: 'https://issuer.example' }).jwk,
    newKey('undefined', { issuer: v2('undefined') }).jwk,
  ]
  const otherCloud = `https://login.microsoftonline.us/${ours}/v2.0`
  const [somebody, withSlash] = ['https://issuer.example', 'https://issuer.example/']
  const noTenants = [
    `${v1(ours)}x`,
    `x${v1(ours)}`,
    `x${v2(ours)}`,
    v2(ours.slice(1)),
    v2(`${ours}0`),
    `${v2(ours)}/`,
  ]
  const issuer = [
    v2(ours),
    v1(ours),
    v2(others),
    v2(consumers),
    otherCloud,
    somebody,
    withSlash,
    ...noTenants,
  ]

  it.each([
    ['a tenant', v2(ours), ['any', 'ours', 'unnamed']],
    ['its tokens of version 1', v1(ours), ['any', 'ours', 'unnamed']],
    ['another tenant', v2(others), ['any', 'unnamed']],
    ['personal accounts', v2(consumers), ['any', 'consumers', 'unnamed']],
    ['a tenant of another cloud', otherCloud, ['unnamed']],
    ['somebody else', somebody, ['unnamed', 'somebody']],
    ['somebody else with a slash', withSlash, ['unnamed']],
    ...noTenants.map((one): [string, string, string[]] => ['what is like a tenant', one, ['unnamed']]),
    ['nobody', v2('b2c3d4e5-0000-4000-8000-000000000003'), []],
  ])('verify for %s only what it may sign', async (_, iss, served) => {
    const subject = subjectOf({ keys }, { issuer })
    const found: string[] = []
    for (const { kid } of keys as { kid: string }[]) {
      if ((await subject.ask(kid, { iss })) === kid) found.push(kid)
    }

    expect(found).toEqual(served)
  })

  it('are refused where another one has the same kid, and only there', async () => {
    const twins = [newKey('twin', { issuer: v2('{tenantid}') }).jwk, newKey('twin', { issuer: v2(ours) }).jwk]
    for (const keys of [twins, twins.toReversed()]) {
      const subject = subjectOf({ keys }, { issuer })
      expect(await subject.ask('twin', { iss: v2(ours) })).toBe(REFUSED)
      expect(await subject.ask('twin', { iss: v2(others) })).toBe('twin')
      expect(subject.warnings).toEqual([
        `The key set of the issuer "${v2(ours)}" has problems. ` +
          '2 keys are not used. Several have the same kid and algorithm.',
      ])
    }
  })

  it('are not looked at if they are for tenants that the app does not accept', async () => {
    const elsewhere = v2('b2c3d4e5-0000-4000-8000-000000000003')
    const { privateKey } = newKey()
    const keys = [
      newKey('a', { issuer: elsewhere }).jwk,
      { ...privateKey.export({ format: 'jwk' }), issuer: elsewhere },
    ]
    const subject = subjectOf({ keys }, { issuer: v2(ours), algorithms: ['ES256', 'RS256'] })

    expect(await subject.ask('a', { iss: v2(ours) })).toBe(REFUSED)
    expect(subject.warnings).toEqual([
      `The key set of the issuer "${v2(ours)}" has problems. No key is for one of the algorithms ES256, RS256.`,
    ])
  })

  it('are never asked for again because of the wrong tenant', async () => {
    const subject = subjectOf({ keys }, { issuer })
    await subject.ask('any', { iss: v2(ours) })
    subject.clock.advance('1m')
    await subject.ask('consumers', { iss: v2(ours) })
    const refused = subject.keys.of(v2(ours)).fetchKey('consumers', 'ES256')

    await expect(refused).rejects.not.toMatchObject({ details: { isKeyUnknown: true } })
    expect(subject.issuer.asked).toHaveLength(1)
  })
})

describe('a set of certificates', () => {
  const validity = { from: '2026-05-20', to: '2026-06-05' }
  const certificate = newCertificate(rsa.privateKey, validity)
  const algorithms = ['RS256'] as const
  const verifies = async (subject: Subject, kid: string, key: KeyObject) => {
    const finder = subject.keys.of(ISSUER)
    const found = finder.find(kid, 'RS256') ?? (await finder.fetchKey(kid, 'RS256'))
    return found.verify('input', sign('sha256', Buffer.from('input'), key).toString('base64url'))
  }

  it('gives its public keys by kid', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const document = { a: certificate, b: newCertificate(other.privateKey, validity) }
    const subject = subjectOf(document, { algorithms })

    expect(await verifies(subject, 'a', rsa.privateKey)).toBe(true)
    expect(await verifies(subject, 'b', other.privateKey)).toBe(true)
    expect(await verifies(subject, 'a', other.privateKey)).toBe(false)
    expect(await subject.ask('c', { alg: 'RS256' })).toBe(REFUSED)
  })

  it('uses each only while it is valid, give or take 5 minutes', async () => {
    const fresh = newCertificate(rsa.privateKey, { from: '2026-06-01T12:10:00Z', to: '2026-06-09' })
    const subject = subjectOf({ a: certificate, b: fresh }, { algorithms })
    const ask = (kid: string) => subject.ask(kid, { alg: 'RS256' })

    expect([await ask('a'), await ask('b')]).toEqual(['a', REFUSED])
    subject.clock.set(Date.parse('2026-06-01T12:05:00Z'))
    expect([await ask('a'), await ask('b')]).toEqual(['a', 'b'])
    subject.clock.set(Date.parse('2026-06-05T00:05:00Z'))
    await subject.settle()
    expect([await ask('a'), await ask('b')]).toEqual(['a', 'b'])
    subject.clock.set(Date.parse('2026-06-05T00:05:01Z'))
    await subject.settle()
    expect([await ask('a'), await ask('b')]).toEqual([REFUSED, 'b'])
  })

  it('may begin after empty lines', async () => {
    const subject = subjectOf({ a: `\r\n\n${certificate}` }, { algorithms })

    expect(await verifies(subject, 'a', rsa.privateKey)).toBe(true)
  })

  it('takes the new certificates of the next fetch', async () => {
    const [first, second] = [1, 2].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
    if (first === undefined || second === undefined) throw new Error('There are no keys.')
    const subject = subjectOf(
      { a: newCertificate(first, validity), b: newCertificate(rsa.privateKey, validity) },
      { algorithms },
    )
    expect(await verifies(subject, 'a', first)).toBe(true)

    subject.issuer.publishDocument({
      a: newCertificate(second, validity),
      b: newCertificate(rsa.privateKey, validity),
    })
    subject.clock.advance('10m')
    await subject.settle()

    expect(await verifies(subject, 'a', second)).toBe(true)
    expect(await verifies(subject, 'a', first)).toBe(false)
    expect(await verifies(subject, 'b', rsa.privateKey)).toBe(true)
  })

  it.each(['20260520', '20260605'])('leaves out one whose date %s is none', async (date) => {
    const { raw } = new X509Certificate(certificate)
    raw.write('99', raw.indexOf(date) + 'yyyy'.length)
    const lines = raw.toString('base64').match(/.{1,64}/g) ?? []
    const misdated = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----'].join('\n')
    const subject = subjectOf({ a: misdated, b: certificate }, { algorithms })

    expect(await subject.ask('b', { alg: 'RS256' })).toBe('b')
    expect(await subject.ask('a', { alg: 'RS256' })).toBe(REFUSED)
    expect(subject.warnings).toEqual([`${WARNING} Key 1 is not used. Its dates cannot be read.`])
  })

  it('leaves out one that cannot be read, with one warning', async () => {
    const broken = certificate.replace(/M/g, 'N')
    const subject = subjectOf({ a: broken, b: certificate }, { algorithms })

    expect(await subject.ask('b', { alg: 'RS256' })).toBe('b')
    expect(await subject.ask('a', { alg: 'RS256' })).toBe(REFUSED)
    expect(subject.warnings).toEqual([
      `${WARNING} Key 1 is not used. It is not a certificate with a public key that a JWK can express.`,
    ])
  })
})

describe('problems of a set', () => {
  it('are told whenever they are others than at the fetch before', async () => {
    const good = newKey('good').jwk
    const subject = subjectOf({ keys: [good] })
    const noObject = `${WARNING} Key 2 is not used. It is not a JSON object.`
    const badKid = `${WARNING} Key 2 is not used. Its kid is not a string of 1 to 255 characters.`
    const added = [
      'no object',
      'no object',
      newKey('').jwk,
      newKey('').jwk,
      undefined,
      undefined,
      'no object',
    ]
    for (const one of added) {
      subject.issuer.publishDocument({ keys: one === undefined ? [good] : [good, one] })
      await subject.ask('good')
      subject.clock.advance('10m')
      await subject.settle()
    }

    expect(subject.warnings).toEqual([noObject, badKid, noObject])
  })
})

describe('a document that is not a set of keys', () => {
  it.each<[string, unknown]>([
    ['an empty object', {}],
    ['an error', { error: 'not_found', message: 'No such page' }],
    ['keys that are an object', { keys: { a: newKey('a').jwk } }],
    ['keys that are text', { keys: 'none' }],
    [
      'certificates with something else',
      { a: newCertificate(rsa.privateKey, { from: '2026-05-20', to: '2026-06-05' }), error: 'x' },
    ],
    ['101 keys', { keys: Array.from({ length: 101 }, (_, at) => newKey(`k${at}`).jwk) }],
    ['an array', [newKey('a').jwk]],
    ['text', 'keys'],
    ['null', null],
  ])('(%s) is a failed fetch, so known keys stay', async (_, document) => {
    const issuer = new StubIssuer()
    issuer.publish(newKey('a'))
    const subject = new Subject(issuer)
    expect(await subject.ask('a')).toBe('a')

    issuer.publishDocument(document)
    subject.clock.advance('10m')
    await subject.settle()

    expect(issuer.asked).toHaveLength(2)
    expect(await subject.ask('a')).toBe('a')
    expect(await subject.ask('b')).toBe(DOWN)
    expect(subject.warnings).toHaveLength(1)
  })

  it('is none if it has 100 keys', async () => {
    const keys = Array.from({ length: 100 }, (_, at) => newKey(`k${at}`).jwk)

    expect(await subjectOf({ keys }).ask('k99')).toBe('k99')
  })

  it('is none if it has no keys at all: then all keys have been withdrawn', async () => {
    const issuer = new StubIssuer()
    issuer.publish(newKey('a'))
    const subject = new Subject(issuer)
    await subject.ask('a')

    issuer.publish()
    subject.clock.advance('10m')
    await subject.settle()

    expect(await subject.ask('a')).toBe(REFUSED)
    expect(subject.warnings).toEqual([`${WARNING} No key is for one of the algorithms ES256.`])
  })
})

describe('keys in the options', () => {
  it('are used without a fetch, for ever', async () => {
    const { jwk } = newKey('a')
    const issuer = new StubIssuer()
    const subject = new Subject(issuer, { keys: { keys: [jwk] } })

    expect(await subject.ask('a')).toBe('a')
    expect(await subject.ask('b')).toBe(REFUSED)
    expect(await subject.ask('a', { alg: 'HS256' })).toBe(REFUSED)
    const finder = subject.keys.of(ISSUER)
    const unknown = (kid: string | undefined, alg: string) =>
      finder.fetchKey(kid, alg).catch(({ details }: JwtAuthError) => details.isKeyUnknown === true)
    expect(await unknown('b', 'ES256')).toBe(true)
    expect(await unknown('a', 'HS256')).toBe(false)
    expect(await unknown(undefined, 'HS256')).toBe(false)
    subject.clock.advance('52w')
    expect(await subject.ask('a')).toBe('a')
    expect(issuer.asked).toEqual([])
    subject.keys.close()
  })

  it('are those that were there at boot', async () => {
    const keys = { keys: [newKey('a').jwk] }
    const subject = new Subject(new StubIssuer(), { keys })
    keys.keys.push(newKey('later').jwk)

    expect(await subject.ask('a')).toBe('a')
    expect(await subject.ask('later')).toBe(REFUSED)
  })
})
