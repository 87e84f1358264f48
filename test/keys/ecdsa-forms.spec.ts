import { sign, verify } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from '@jest/globals'
import { ecdsaFromDer } from '../../packages/core/src/keys/ecdsa-signature.js'
import { outsideSigner } from '../../packages/core/src/keys/outside-signer.js'
import { keyPairs } from './key-pairs.js'

/** DER of a positive number. */
function integer(number: Uint8Array): Buffer {
  const start = number.findIndex((byte) => byte !== 0)
  const bytes = start === -1 ? Buffer.alloc(1) : Buffer.from(number.subarray(start))
  const padded = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes
  return Buffer.concat([Buffer.from([2, padded.length]), padded])
}

function toDer(signature: Uint8Array): Buffer {
  const half = signature.length / 2
  const numbers = Buffer.concat([integer(signature.subarray(0, half)), integer(signature.subarray(half))])
  const length = numbers.length < 0x80 ? [numbers.length] : [0x81, numbers.length]
  return Buffer.concat([Buffer.from([0x30, ...length]), numbers])
}

const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0)
const sizes = [64, 96, 132]

describe('an ECDSA signature in DER', () => {
  it('is what the same signature is in a token, for any two numbers', () => {
    for (const size of sizes) {
      const half = fc
        .uint8Array({ minLength: size / 2, maxLength: size / 2 })
        .filter((bytes) => !isZero(bytes))
      fc.assert(
        fc.property(half, half, fc.nat(size / 2 - 1), (r, s, zeros) => {
          const signature = Buffer.concat([r.map((byte, at) => (at < zeros ? 0 : byte)), s])
          fc.pre(!isZero(signature.subarray(0, size / 2)))
          expect(Buffer.from(ecdsaFromDer(toDer(signature), size) ?? [])).toEqual(signature)
        }),
      )
    }
  })

  it('has one form: what else is read would be written otherwise', () => {
    const size = 64
    const numbers = fc.uint8Array({ minLength: size, maxLength: size })
    const change = fc.record({ at: fc.nat(71), byte: fc.nat(255), cut: fc.integer({ min: -3, max: 3 }) })
    fc.assert(
      fc.property(numbers, fc.array(change, { maxLength: 3 }), (raw, changes) => {
        let der = toDer(raw)
        for (const { at, byte, cut } of changes) {
          der = Buffer.concat([der, Buffer.alloc(Math.max(0, cut))]).subarray(0, der.length + cut)
          if (at < der.length) der[at] = byte
        }
        const signature = ecdsaFromDer(der, size)
        if (signature !== undefined) expect(toDer(signature)).toEqual(der)
      }),
      { numRuns: 3000 },
    )
  })

  it.each<[what: string, hex: string]>([
    ['nothing', ''],
    ['a tag', '30'],
    ['an empty sequence', '3000'],
    ['one number', '3003020101'],
    ['three numbers', '3009020101020101020101'],
    ['more after the end', '300602010102010100'],
    ['a negative number', '3006020181020101'],
    ['a number with a zero too many', '300702020001020101'],
    ['zero', '3006020100020101'],
    ['a number without bytes', '30050200020101'],
    ['a length that is not the shortest', '308106020101020101'],
    ['an indefinite length', '30800201010201010000'],
    ['a length beyond the end', '3016020101020101'],
    ['a number beyond the end', '3006020101020901'],
    ['another tag', '3106020101020101'],
    ['a number that is too long', `3026${'0221' + '01'.repeat(33)}020101`],
  ])('is not %s', (_, hex) => {
    expect(ecdsaFromDer(Buffer.from(hex, 'hex'), 64)).toBeUndefined()
  })

  it('is read as OpenSSL writes it', () => {
    for (const [algorithm, size] of [
      ['ES256', 64],
      ['ES384', 96],
      ['ES512', 132],
    ] as const) {
      const { privateKey, publicKey } = keyPairs[algorithm]
      for (let round = 0; round < 200; round++) {
        const input = Buffer.from(`input ${round}`)
        const signature = ecdsaFromDer(sign('sha256', input, privateKey), size) ?? new Uint8Array()
        const key = { key: publicKey, dsaEncoding: 'ieee-p1363' as const }
        expect(verify('sha256', input, key, signature)).toBe(true)
      }
    }
  })
})

describe('64 bytes that can be both forms', () => {
  const half = '021d' + '7f'.repeat(29)
  const both = Buffer.from(`303e${half}${half}`, 'hex')
  const asDer = ecdsaFromDer(both, 64) ?? new Uint8Array()

  it.each([
    ['R and S side by side', both],
    ['DER', asDer],
  ])('are %s, if the public key says so', async (_, right) => {
    const wanted = Buffer.from(right).toString('base64url')
    const signInput = await outsideSigner({
      algorithm: 'ES256',
      kid: 'both',
      signatureBytes: 64,
      verify: (_input, signature) => signature === wanted,
      sign: () => Promise.resolve(both),
    })

    expect(both).toHaveLength(64)
    expect(await signInput('input')).toBe(wanted)
  })
})
