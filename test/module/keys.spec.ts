import { createHash, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService, type JwtKey } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { forgeToken, readToken, SECRET } from '../support/forge.js'

const pairs = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  p256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  p521: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  ed25519: generateKeyPairSync('ed25519'),
}

/** Its length is not a multiple of 8 bits. */
const oddRsa = () => (pairs2050 ??= generateKeyPairSync('rsa', { modulusLength: 2050 }))
let pairs2050: { publicKey: KeyObject; privateKey: KeyObject } | undefined

async function tokensOf(...keys: JwtKey[]): Promise<TokenService> {
  const module = await startModule({ imports: [JwtAuthModule.forRoot({ keys })] })
  return module.get(TokenService)
}

const privatePem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string
const publicPem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }) as string
const hmac = (algorithm: string): JwtKey => ({ algorithm, secret: randomBytes(64) }) as JwtKey
const es256: JwtKey = { algorithm: 'ES256', privateKey: pairs.p256.privateKey }

const asymmetric: [algorithm: string, pair: { publicKey: KeyObject; privateKey: KeyObject }][] = [
  ['RS256', pairs.rsa],
  ['RS384', pairs.rsa],
  ['RS512', pairs.rsa],
  ['PS256', pairs.rsa],
  ['PS384', pairs.rsa],
  ['PS512', pairs.rsa],
  ['ES256', pairs.p256],
  ['ES384', pairs.p384],
  ['ES512', pairs.p521],
  ['EdDSA', pairs.ed25519],
  ['Ed25519', pairs.ed25519],
]

/** RFC 7638: the required members alone, in lexical order. */
function thumbprint(key: KeyObject, members: string[]): string {
  const jwk = key.export({ format: 'jwk' }) as Record<string, string>
  const entries = members.map((name) => [name, jwk[name]])
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(entries)))
    .digest('base64url')
}

describe('a key of each algorithm', () => {
  it.each(['HS256', 'HS384', 'HS512'])('signs and verifies: %s', async (algorithm) => {
    const tokens = await tokensOf(hmac(algorithm))
    const token = await tokens.issueAccessToken('ida')

    expect(readToken(token).header).toMatchObject({ alg: algorithm, kid: expect.any(String) })
    await expect(tokens.verify(token)).resolves.toMatchObject({ claims: { sub: 'ida' } })
  })

  it.each(asymmetric)('signs and verifies: %s', async (algorithm, { privateKey, publicKey }) => {
    const tokens = await tokensOf({ algorithm, privateKey } as JwtKey)
    const other = await tokensOf(hmac('HS256'), { algorithm, publicKey } as JwtKey)
    const token = await tokens.issueAccessToken('ida')

    expect(readToken(token).header['alg']).toMatch(/^(?:RS|PS|ES|Ed)/)
    await expect(tokens.verify(token)).resolves.toMatchObject({ claims: { sub: 'ida' } })
    await expect(other.verify(token)).resolves.toMatchObject({ claims: { sub: 'ida' } })
  })

  it.each(['RS256', 'PS256'])('of a length that is no whole number of bytes too: %s', async (algorithm) => {
    const { privateKey, publicKey } = oddRsa()
    const tokens = await tokensOf({ algorithm, privateKey } as JwtKey)
    const other = await tokensOf({ algorithm, publicKey } as JwtKey)
    const token = await tokens.issueAccessToken('ida')

    await expect(tokens.verify(token)).resolves.toMatchObject({ claims: { sub: 'ida' } })
    await expect(other.verify(token)).resolves.toMatchObject({ claims: { sub: 'ida' } })
  })

  it.each<[string, JwtKey['algorithm'], { publicKey: KeyObject; privateKey: KeyObject }]>([
    ['RSA', 'RS256', pairs.rsa],
    ['EC', 'ES256', pairs.p256],
    ['Ed25519', 'EdDSA', pairs.ed25519],
  ])('comes as PEM, JWK or KeyObject: %s', async (_, algorithm, { privateKey, publicKey }) => {
    const privateForms = [privateKey, privatePem(privateKey), privateKey.export({ format: 'jwk' })]
    const publicForms = [publicKey, publicPem(publicKey), publicKey.export({ format: 'jwk' })]

    for (const [index, form] of privateForms.entries()) {
      const token = await (await tokensOf({ algorithm, privateKey: form } as JwtKey)).issueAccessToken('ida')
      const verifier = await tokensOf(hmac('HS256'), { algorithm, publicKey: publicForms[index] } as JwtKey)
      await expect(verifier.verify(token)).resolves.toMatchObject({ claims: { sub: 'ida' } })
    }
  })
})

describe('the key ring', () => {
  it('signs with the first key and verifies with all', async () => {
    const [old, fresh] = [hmac('HS256'), es256]
    const before = await (await tokensOf(old)).issueAccessToken('ida')
    const rotated = await tokensOf(fresh, old)

    await expect(rotated.verify(before)).resolves.toMatchObject({ claims: { sub: 'ida' } })
    const after = await rotated.issueAccessToken('ida')
    expect(readToken(after).header['alg']).toBe('ES256')
    await expect((await tokensOf(fresh)).verify(before)).rejects.toMatchObject({
      errorCode: 'token_signature_invalid',
    })
    await expect((await tokensOf(old)).verify(after)).rejects.toMatchObject({
      errorCode: 'token_signature_invalid',
    })
  })

  it('never takes a public key for an HMAC secret', async () => {
    const { publicKey, privateKey } = pairs.rsa
    const tokens = await tokensOf({ algorithm: 'RS256', privateKey, kid: 'rsa' })
    const { claims } = readToken(await tokens.issueAccessToken('ida'))

    for (const secret of [publicPem(publicKey), publicPem(publicKey).trim()]) {
      const forged = forgeToken({ alg: 'HS256', kid: 'rsa', typ: 'at+jwt' }, claims, secret)
      await expect(tokens.verify(forged)).rejects.toMatchObject({ status: 401 })
    }
  })

  it('serves one algorithm with each key', async () => {
    const { privateKey } = pairs.rsa
    const rs256 = await tokensOf({ algorithm: 'RS256', privateKey, kid: 'rsa' })
    const ps256 = await tokensOf({ algorithm: 'PS256', privateKey, kid: 'rsa' })

    await expect(rs256.verify(await ps256.issueAccessToken('ida'))).rejects.toMatchObject({ status: 401 })
  })
})

describe('the kid', () => {
  it('is what the key says', async () => {
    const token = await (await tokensOf({ ...es256, kid: '2030-01' })).issueAccessToken('ida')

    expect(readToken(token).header['kid']).toBe('2030-01')
  })

  it.each<[string, JwtKey, string]>([
    ['EC', es256, thumbprint(pairs.p256.publicKey, ['crv', 'kty', 'x', 'y'])],
    [
      'RSA',
      { algorithm: 'RS256', privateKey: pairs.rsa.privateKey },
      thumbprint(pairs.rsa.publicKey, ['e', 'kty', 'n']),
    ],
    [
      'Ed25519',
      { algorithm: 'EdDSA', privateKey: pairs.ed25519.privateKey },
      thumbprint(pairs.ed25519.publicKey, ['crv', 'kty', 'x']),
    ],
  ])('is the thumbprint by default: %s', async (_, key, expected) => {
    expect(readToken(await (await tokensOf(key)).issueAccessToken('ida')).header['kid']).toBe(expected)
  })

  it('of an HMAC key is no plain digest of the secret', async () => {
    const token = await (await tokensOf({ algorithm: 'HS256', secret: SECRET })).issueAccessToken('ida')
    const k = Buffer.from(SECRET).toString('base64url')
    const texts = [SECRET, k, JSON.stringify({ k, kty: 'oct' })]
    const digests = texts.flatMap((text) =>
      (['base64url', 'hex'] as const).map((form) => createHash('sha256').update(text).digest(form)),
    )
    const kid = String(readToken(token).header['kid'])

    expect(kid.length).toBeGreaterThan(0)
    expect(digests.some((digest) => digest.startsWith(kid) || kid.includes(digest))).toBe(false)
  })
})

describe('publicKeys()', () => {
  it('has the public halves of the asymmetric keys, and nothing else', async () => {
    const { privateKey } = pairs.rsa
    const tokens = await tokensOf(es256, { algorithm: 'RS256', privateKey }, hmac('HS256'), {
      algorithm: 'EdDSA',
      publicKey: pairs.ed25519.publicKey,
    })
    const { keys } = tokens.publicKeys()

    expect(keys.map(({ kty }) => kty)).toEqual(['EC', 'RSA', 'OKP'])
    expect(keys.every(({ kid, alg }) => typeof kid === 'string' && typeof alg === 'string')).toBe(true)
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']) {
      expect(keys.some((key) => Object.hasOwn(key, name))).toBe(false)
    }
  })

  it('names the key that signed', async () => {
    const tokens = await tokensOf(es256)
    const { header } = readToken(await tokens.issueAccessToken('ida'))

    expect(tokens.publicKeys().keys).toMatchObject([{ kid: header['kid'], kty: 'EC', crv: 'P-256' }])
  })

  it('is empty where all keys are secrets', async () => {
    expect((await tokensOf(hmac('HS256'))).publicKeys()).toEqual({ keys: [] })
  })
})
