import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from '@jest/globals'
import { hmac } from '../../packages/core/src/keys/hmac.js'
import { character } from './anything.js'
import { runs } from './fuzz.js'

const bytes = (byte: number, length: number) => Buffer.alloc(length, byte)
const longKeyText =
  'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.'

/** RFC 4231 section 4: the cases whose data is a text. The fifth is published cut off at 16 bytes. */
const published = [
  {
    number: 1,
    key: bytes(0x0b, 20),
    text: 'Hi There',
    sha256: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    sha384:
      'afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6',
    sha512:
      '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
  },
  {
    number: 2,
    key: Buffer.from('Jefe'),
    text: 'what do ya want for nothing?',
    sha256: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    sha384:
      'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
    sha512:
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
  },
  {
    number: 5,
    key: bytes(0x0c, 20),
    text: 'Test With Truncation',
    sha256: 'a3b6167473100ee06e0c796c2955552b',
    sha384: '3abf34c3503b2a23a46efc619baef897',
    sha512: '415fad6271580a531d4179bc891d87a6',
  },
  {
    number: 6,
    key: bytes(0xaa, 131),
    text: 'Test Using Larger Than Block-Size Key - Hash Key First',
    sha256: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    sha384:
      '4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952',
    sha512:
      '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598',
  },
  {
    number: 7,
    key: bytes(0xaa, 131),
    text: longKeyText,
    sha256: '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
    sha384:
      '6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e',
    sha512:
      'e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58',
  },
]

describe.each(['sha256', 'sha384', 'sha512'] as const)('HMAC with %s', (name) => {
  it.each(published)('RFC 4231, case $number', ({ key, text, [name]: expected }) => {
    const hex = Buffer.from(hmac(name, key)(text), 'base64url').toString('hex')
    expect(hex.slice(0, expected.length)).toBe(expected)
  })

  it.each([0, 1, 63, 64, 65, 127, 128, 129, 1000])(
    'is that of node:crypto with a key of %i bytes',
    (length) => {
      const key = Buffer.from(Array.from({ length }, (_, index) => index % 256))
      expect(hmac(name, key)('a text')).toBe(createHmac(name, key).update('a text').digest('base64url'))
    },
  )

  it('is that of node:crypto for any key and any texts, one after the other', () => {
    const anyKey = fc.uint8Array({ maxLength: 300 })
    const anyTexts = fc.array(fc.string({ maxLength: 300, unit: character }), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(anyKey, anyTexts, (key, texts) => {
        const mac = hmac(name, key)
        for (const text of texts) {
          expect(mac(text)).toBe(createHmac(name, key).update(text, 'utf8').digest('base64url'))
        }
      }),
      runs(200),
    )
  })

  it('has room for a text of any length, and for the next one', () => {
    const mac = hmac(name, bytes(1, 32))
    for (const length of [0, 1023, 1024, 1025, 100_000, 2000, 5]) {
      for (const text of ['x'.repeat(length), '€'.repeat(length), '\u{d800}'.repeat(length)]) {
        expect(mac(text)).toBe(createHmac(name, bytes(1, 32)).update(text, 'utf8').digest('base64url'))
      }
    }
  })

  it('leaves nothing of the key in the memory that buffers share', () => {
    // What is freed may become shared memory, so all that holds this key lives as long as the test.
    const key = Buffer.alloc(32, `a key for ${name}, easily found again`)
    const pads = [0x36, 0x5c].map((pad) => Buffer.from(key.map((byte) => byte ^ pad).buffer))
    const mac = hmac(name, key)
    const found: number[] = []
    for (let length = 0; length < 3000; length += 10) {
      mac('x'.repeat(length))
      const shared = Buffer.from(Buffer.from('something else').buffer)
      if (pads.some((pad) => shared.includes(pad))) found.push(length)
    }
    expect(found).toEqual([])
    expect(mac('')).toBe(createHmac(name, key).update('').digest('base64url'))
  })

  it('keeps the key as it was given', () => {
    const key = bytes(1, 32)
    const mac = hmac(name, key)
    const before = mac('a text')
    key.fill(2)
    expect(mac('a text')).toBe(before)
  })
})
