import { isUtf8 } from 'node:buffer'
import { isKeyText } from './key-text.js'

/** Secrets that documentation prints: whoever reads those pages can sign with them. Letters and digits only. */
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

function lettersAndDigits(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** Why these bytes must not become an HMAC secret of an algorithm with this hash length; `undefined`: they may. */
export function weaknessOfSecret(secret: Uint8Array, hashBytes: number): string | undefined {
  const bytes = Buffer.from(secret)
  if (isKeyText(bytes)) return 'is the text of a key (PEM, JWK, SSH or DER), which may be public'
  if (bytes.length < hashBytes) return `is ${bytes.length} bytes long, and this algorithm needs ${hashBytes}`
  const writings = [bytes.toString('utf8'), bytes.toString('base64url'), bytes.toString('hex')]
  if (writings.some((text) => SAMPLES.has(lettersAndDigits(text)))) return 'is a well-known sample'
  const characters = new Set<unknown>(isUtf8(bytes) ? bytes.toString('utf8') : bytes)
  if (characters.size === 1) return 'is one character over and over'
  return undefined
}
