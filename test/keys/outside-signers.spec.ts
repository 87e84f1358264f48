import { createHash, sign } from 'node:crypto'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService, type JwtKey, type OutsideSigner } from '@nest-jwt-auth/core'
import { createTestTokens } from '@nest-jwt-auth/core/testing'
import { startModule } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'
import { keyPairAlgorithms, keyPairs, kms } from './key-pairs.js'

type Options = Parameters<typeof JwtAuthModule.forRoot>[0]

const start = (keys: JwtKey[], options: Options = {}) =>
  startModule({ imports: [JwtAuthModule.forRoot({ keys, ...options })] })

const tokensOf = async (...keys: JwtKey[]): Promise<TokenService> => (await start(keys)).get(TokenService)

/** Counts what it is asked. */
function counting(signer: OutsideSigner) {
  const inputs: string[] = []
  const counted: OutsideSigner = (input, context) => {
    inputs.push(Buffer.from(input).toString('utf8'))
    return signer(input, context)
  }
  return { inputs, sign: counted }
}

const { publicKey } = keyPairs.ES256
const es256: JwtKey = { algorithm: 'ES256', publicKey, sign: kms('ES256'), kid: 'kms' }
const hs256: JwtKey = { algorithm: 'HS256', secret: SECRET, kid: 'own' }

describe('a key whose private half is outside', () => {
  it.each(keyPairAlgorithms)('signs by %s, and everybody can verify it', async (algorithm) => {
    const key: JwtKey = { algorithm, publicKey: keyPairs[algorithm].publicKey, sign: kms(algorithm) }
    const tokens = await tokensOf(key)
    const token = await tokens.issueAccessToken('ida')

    await expect(tokens.verify(token)).resolves.toMatchObject({ claims: { sub: 'ida' } })
    const { payload } = await jwtVerify(token, createLocalJWKSet(tokens.publicKeys()))
    expect(payload.sub).toBe('ida')
  })

  it('signs every kind of token', async () => {
    const tokens = await tokensOf(es256)
    const pair = await tokens.issue('ida')
    const next = await tokens.refresh(pair.refreshToken ?? '')
    const oneTime = await tokens.issueOneTimeToken('reset', 'ida', { expiresIn: '1h' })

    for (const token of [pair.accessToken, pair.refreshToken, next.accessToken, next.refreshToken, oneTime]) {
      expect(readToken(token ?? '').header).toMatchObject({ alg: 'ES256', kid: 'kms' })
    }
    await expect(tokens.verify(next.accessToken)).resolves.toMatchObject({ claims: { sub: 'ida' } })
    await expect(tokens.consumeOneTimeToken('reset', oneTime)).resolves.toMatchObject({
      claims: { sub: 'ida' },
    })
  })

  it.each(['der', 'ieee-p1363'] as const)('takes ECDSA in the form %s', async (dsaEncoding) => {
    for (const algorithm of ['ES256', 'ES384', 'ES512'] as const) {
      const { privateKey, publicKey: key } = keyPairs[algorithm]
      const hash = `sha${algorithm.slice(2)}`
      const signer: OutsideSigner = (input) =>
        Promise.resolve(sign(hash, input, { key: privateKey, dsaEncoding }))
      const tokens = await tokensOf({ algorithm, publicKey: key, sign: signer })

      const issued = await Promise.all(Array.from({ length: 50 }, () => tokens.issueAccessToken('ida')))
      for (const token of issued) await expect(tokens.verify(token)).resolves.toBeDefined()
    }
  })

  it('is given the input and its digest, each in a buffer of its own', async () => {
    const seen: [input: Uint8Array, digest: Uint8Array | undefined][] = []
    const signer: OutsideSigner = (input, context) => {
      seen.push([input, context.digest])
      return kms('ES256')(input, context)
    }
    const token = await (await tokensOf({ ...es256, sign: signer })).issueAccessToken('ida')

    const [input = new Uint8Array(), digest = new Uint8Array()] = seen.at(-1) ?? []
    expect(Buffer.from(input).toString()).toBe(token.slice(0, token.lastIndexOf('.')))
    expect(Buffer.from(digest)).toEqual(createHash('sha256').update(input).digest())
    for (const bytes of [input, digest]) expect(bytes.buffer.byteLength).toBe(bytes.length)
  })

  it('has no digest to sign for EdDSA', async () => {
    const contexts: object[] = []
    const signer: OutsideSigner = (input, context) => {
      contexts.push({ ...context, signal: undefined })
      return kms('EdDSA')(input, context)
    }
    await tokensOf({ algorithm: 'EdDSA', publicKey: keyPairs.EdDSA.publicKey, sign: signer })

    expect(contexts).toEqual([{ digest: undefined, signal: undefined }])
  })

  it('is asked once at boot, once for each token, and never to verify', async () => {
    const { inputs, sign: counted } = counting(kms('ES256'))
    const tokens = await tokensOf({ ...es256, sign: counted })
    expect(inputs).toHaveLength(1)
    expect(inputs[0]).not.toContain('.')

    const pair = await tokens.issue('ida')
    expect(inputs).toHaveLength(3)
    await tokens.verify(pair.accessToken)
    await tokens.verify(pair.refreshToken ?? '', { kind: 'refresh' })
    expect(inputs).toHaveLength(3)
    await tokens.refresh(pair.refreshToken ?? '')
    expect(inputs).toHaveLength(5)
    await tokens.revoke(pair.accessToken)
    expect(inputs).toHaveLength(5)
  })

  it('only verifies where it is not the first', async () => {
    const { inputs, sign: counted } = counting(kms('ES256'))
    const before = await (await tokensOf(es256)).issueAccessToken('ida')
    const tokens = await tokensOf(hs256, { ...es256, sign: counted })

    await expect(tokens.verify(before)).resolves.toMatchObject({ claims: { sub: 'ida' } })
    expect(readToken(await tokens.issueAccessToken('ida')).header['kid']).toBe('own')
    expect(inputs).toHaveLength(1)
  })

  it('comes after a key in memory, which then still verifies', async () => {
    const before = await (await tokensOf(hs256)).issueAccessToken('ida')
    const tokens = await tokensOf(es256, hs256)

    await expect(tokens.verify(before)).resolves.toMatchObject({ claims: { sub: 'ida' } })
    expect(readToken(await tokens.issueAccessToken('ida')).header['kid']).toBe('kms')
  })

  it('is published like any other', async () => {
    const { keys } = (await tokensOf(es256, hs256)).publicKeys()

    expect(keys).toEqual([{ ...publicKey.export({ format: 'jwk' }), kid: 'kms', alg: 'ES256', use: 'sig' }])
  })

  it('makes tokens for the tests of an app', async () => {
    const app = await start([es256], { refreshToken: false })
    const made = createTestTokens(app)

    await expect(app.get(TokenService).verify(await made.accessToken('ida'))).resolves.toBeDefined()
    await expect(app.get(TokenService).verify(await made.wrongKey('ida'))).rejects.toMatchObject({
      errorCode: 'token_signature_invalid',
    })
  })

  it('may be an object with a method', async () => {
    class Hsm {
      readonly algorithm = 'ES256'
      readonly publicKey = publicKey
      readonly #kms = kms('ES256')

      sign(...call: Parameters<OutsideSigner>) {
        return this.#kms(...call)
      }
    }
    const tokens = await tokensOf(new Hsm())

    await expect(tokens.verify(await tokens.issueAccessToken('ida'))).resolves.toBeDefined()
  })

  it('leaves double submit its own secret', async () => {
    const csrf = { doubleSubmit: true, secret: SECRET }
    await expect(start([es256], { locations: ['cookie'], csrf })).resolves.toBeDefined()
    await expect(start([es256], { locations: ['cookie'] })).resolves.toBeDefined()
  })
})
