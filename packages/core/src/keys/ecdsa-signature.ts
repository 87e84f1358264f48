/**
 * The signature of RFC 7518 section 3.4, R and S side by side, from the DER of RFC 3279 section 2.2.3, which KMSs and
 * OpenSSL return. `undefined` for anything but strict DER of two numbers that fit.
 */
export function ecdsaFromDer(der: Uint8Array, signatureBytes: number): Uint8Array | undefined {
  const sequence = readElement(der, 0, SEQUENCE)
  if (sequence === undefined || sequence.end !== der.length) return undefined
  const r = readElement(der, sequence.start, INTEGER)
  const s = r && readElement(der, r.end, INTEGER)
  if (r === undefined || s?.end !== der.length) return undefined

  const half = signatureBytes / 2
  const signature = new Uint8Array(signatureBytes)
  for (const [at, { start, end }] of [r, s].entries()) {
    const number = readNumber(der.subarray(start, end))
    if (number === undefined || number.length > half) return undefined
    signature.set(number, (at + 1) * half - number.length)
  }
  return signature
}

const SEQUENCE = 0x30
const INTEGER = 0x02

/** Where the content of one element is. */
interface Element {
  readonly start: number
  readonly end: number
}

function readElement(der: Uint8Array, at: number, tag: number): Element | undefined {
  if (der[at] !== tag) return undefined
  const first = der[at + 1] ?? Infinity
  // One byte of length, or 0x81 and one byte: no signature is longer than 255 bytes.
  const isLong = first === 0x81
  const length = isLong ? (der[at + 2] ?? 0) : first
  if (isLong ? length < 0x80 : first >= 0x80) return undefined
  const start = at + (isLong ? 3 : 2)
  return start + length > der.length ? undefined : { start, end: start + length }
}

/** A positive number in as few bytes as possible, without the zero that keeps it positive. */
function readNumber(bytes: Uint8Array): Uint8Array | undefined {
  const [first = 0x80, second = 0] = bytes
  if (first >= 0x80) return undefined
  if (first !== 0) return bytes
  return second >= 0x80 ? bytes.subarray(1) : undefined
}
