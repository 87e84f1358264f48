import { describe, expect, it } from '@jest/globals'
import type { JwtKey } from '@nest-jwt-auth/core'
import { signToken } from '../../packages/core/src/issue/sign-token.js'
import { importKey, type SigningKey } from '../../packages/core/src/keys/import-key.js'
import { KeyRing } from '../../packages/core/src/keys/key-ring.js'
import { readToken, SECRET } from '../support/forge.js'
import { keyPairAlgorithms, keyPairs, kms } from './key-pairs.js'

const inMemory: JwtKey[] = [
  { algorithm: 'HS256', secret: SECRET },
  ...keyPairAlgorithms.map((algorithm): JwtKey => ({
    algorithm,
    privateKey: keyPairs[algorithm].privateKey,
  })),
]

describe('a token', () => {
  it.each(inMemory)('by a key in memory is no promise: $algorithm', async (key) => {
    const ring = new KeyRing([await importKey(key)])

    expect(typeof signToken(ring, 'at+jwt', { sub: 'ida' })).toBe('string')
  })

  it('by a key outside is one', async () => {
    const key = await importKey({
      algorithm: 'ES256',
      publicKey: keyPairs.ES256.publicKey,
      sign: kms('ES256'),
    })

    expect(signToken(new KeyRing([key]), 'at+jwt', { sub: 'ida' })).toBeInstanceOf(Promise)
  })

  it('is signed by the key that signs then: its header is not that of another one', async () => {
    const [first, second] = (await Promise.all(
      ['one', 'two'].map((kid) => importKey({ algorithm: 'HS256', secret: SECRET, kid })),
    )) as [SigningKey, SigningKey]
    const ring = new KeyRing([first])
    const kids = [first, second, first, second].map((signer) => {
      Object.assign(ring, { signer })
      return readToken(signToken(ring, 'at+jwt', {}) as string).header['kid']
    })

    expect(kids).toEqual(['one', 'two', 'one', 'two'])
  })
})
