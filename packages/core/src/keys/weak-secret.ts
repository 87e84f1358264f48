import { isUtf8 } from 'node:buffer'
import { isKeyText } from './key-text.js'
import { countUnpredictable } from './predictable-text.js'

/** Secrets that documentation prints: whoever reads those pages can sign with them. */
const SAMPLES: ReadonlySet<string> = new Set(
  [
    'a-string-secret-at-least-256-bits-long',
    'a-valid-string-secret-that-is-at-least-384-bits-long',
    'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
    'your-256-bit-secret-your-256-bit-secret',
    '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
    'DO NOT USE THIS VALUE. INSTEAD, CREATE A COMPLEX SECRET AND KEEP IT SAFE OUTSIDE OF THE SOURCE CODE.',
    'AyM1SysPPbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg',
  ].map(lettersAndDigits),
)

/** Fewer than this are quickly guessed, however long the secret is. Nearly all characters of a random secret count. */
const MIN_UNPREDICTABLE = 10
/** Only this many bytes are checked: they are enough to recognize a random secret. */
const JUDGED_LENGTH = 1024

/** What is wrong with an HMAC secret, as a sentence without its period; `undefined` if it may be used. */
export function weaknessOfSecret(secret: Uint8Array, hashBytes: number): string | undefined {
  const bytes = Buffer.from(secret)
  if (bytes.length === 0) return 'The secret is empty. Is the environment variable that it comes from set?'
  if (isKeyText(bytes)) {
    return 'The secret is the text of an asymmetric key (PEM, JWK, SSH or DER), which may be public'
  }
  if (bytes.length < hashBytes) {
    return `The secret is ${bytes.length} bytes long, but the algorithm needs at least ${hashBytes}`
  }
  const writings = [bytes.toString('utf8'), bytes.toString('base64url'), bytes.toString('hex')]
  if (writings.some((text) => SAMPLES.has(lettersAndDigits(text)))) {
    return 'The secret is a well-known example from public documentation'
  }
  if (repeatedUnit(bytes) < hashBytes) return 'The secret is a short string that is repeated'
  if (readingsOf(bytes).some((text) => countUnpredictable(text, MIN_UNPREDICTABLE) < MIN_UNPREDICTABLE)) {
    return 'The secret consists of common words, sequences or repetitions, which are easy to guess'
  }
  return undefined
}

/**
 * The length of the unit that the bytes repeat, at least twice, the last time perhaps in part; their own length where
 * they do not. Random bytes never do.
 */
function repeatedUnit(bytes: Buffer): number {
  for (let unit = 1; unit <= bytes.length / 2; unit++) {
    if (bytes.subarray(unit).equals(bytes.subarray(0, -unit))) return unit
  }
  return bytes.length
}

/** The secret as a string, and its bytes if it is hexadecimal or base64. */
function readingsOf(bytes: Buffer): string[] {
  const judged = bytes.subarray(0, JUDGED_LENGTH)
  if (!isUtf8(bytes)) return [judged.toString('latin1')]
  const text = judged.toString('utf8')
  return [
    text,
    ...(/^(?:[0-9a-f]{2})+$/i.test(text) ? [Buffer.from(text, 'hex').toString('latin1')] : []),
    ...(/^[\w+/-]+=*$/.test(text) ? [Buffer.from(text, 'base64').toString('latin1')] : []),
  ]
}

function lettersAndDigits(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '')
}
