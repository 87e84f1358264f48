import { hash } from 'node:crypto'

export type HmacHash = 'sha256' | 'sha384' | 'sha512'

/** Bytes: a block of each hash, and its digest (FIPS 180-4). */
const SIZES = { sha256: [64, 32], sha384: [128, 48], sha512: [128, 64] } as const

/** The MAC of `text`, in UTF-8, in base64url. */
export type Mac = (text: string) => string

/**
 * HMAC (RFC 2104 section 2): the hash of the key and of the hash of the key and the text. Two calls of `crypto.hash` need less
 * time than `createHmac`, which makes an object for each text and leaves it to the garbage collector.
 */
export function hmac(hashName: HmacHash, key: Uint8Array): Mac {
  const [blockBytes, digestBytes] = SIZES[hashName]
  const block = Buffer.alloc(blockBytes)
  block.set(key.length > blockBytes ? hash(hashName, key, 'buffer') : key)
  const inner = block.map((byte) => byte ^ 0x36)
  const outer = Buffer.concat([block.map((byte) => byte ^ 0x5c), Buffer.alloc(digestBytes)])
  return (text) => {
    const message = Buffer.allocUnsafe(blockBytes + Buffer.byteLength(text, 'utf8'))
    message.set(inner)
    message.write(text, blockBytes, 'utf8')
    outer.write(hash(hashName, message, 'binary'), blockBytes, 'binary')
    return hash(hashName, outer, 'base64url')
  }
}
