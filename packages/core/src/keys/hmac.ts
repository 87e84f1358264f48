import { hash } from 'node:crypto'

export type HmacHash = 'sha256' | 'sha384' | 'sha512'

/** Bytes: a block of each hash, and its digest (FIPS 180-4). */
const SIZES = { sha256: [64, 32], sha384: [128, 48], sha512: [128, 64] } as const

/** Bytes of a text for which there is room from the start. Most tokens are shorter. */
const ROOM = 1024

/** The MAC of `text`, in UTF-8, in base64url. */
export type Mac = (text: string) => string

/**
 * HMAC (RFC 2104 section 2): H(key ^ 0x5c… ‖ H(key ^ 0x36… ‖ text)), where ‖ puts one behind the other. Two calls of `crypto.hash`
 * need less time than `createHmac`, which makes an object for each text and leaves it to the garbage collector.
 */
export function hmac(hashName: HmacHash, key: Uint8Array): Mac {
  const [blockBytes, digestBytes] = SIZES[hashName]
  const block = Buffer.alloc(blockBytes)
  if (key.length > blockBytes) block.write(hash(hashName, key, 'binary'), 'binary')
  else block.set(key)
  // Whoever reads these has the key, so they are no slices of the memory that Node's buffers share.
  const outer = padded(block, 0x5c, digestBytes)
  let inner = padded(block, 0x36, ROOM)
  return (text) => {
    const textBytes = Buffer.byteLength(text, 'utf8')
    if (blockBytes + textBytes > inner.length) {
      inner.fill(0)
      inner = padded(block, 0x36, textBytes)
    }
    const end = blockBytes + inner.write(text, blockBytes, 'utf8')
    outer.write(hash(hashName, inner.subarray(0, end), 'binary'), blockBytes, 'binary')
    return hash(hashName, outer, 'base64url')
  }
}

function padded(block: Buffer, pad: number, room: number): Buffer {
  const bytes = Buffer.alloc(block.length + room)
  for (const [at, byte] of block.entries()) bytes[at] = byte ^ pad
  return bytes
}
