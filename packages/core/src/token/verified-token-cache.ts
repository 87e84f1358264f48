import { hash } from 'node:crypto'
import type { RingKey } from '../keys/import-key.js'
import type { VerifiedToken } from './token-verifier.js'

/** A token that passed, and the key that it passed by. */
export interface RememberedToken {
  readonly token: VerifiedToken
  readonly key: RingKey
}

/** Under which name a token is remembered: the SHA-256 of its full text, which itself is never kept. */
export function digestOf(token: string): string {
  return hash('sha256', token, 'base64')
}

/**
 * Tokens that passed every check, at most `max` of them. When it is full, the one that came first makes room: it is
 * about the next to expire, and if it is still in use, it is verified once more.
 */
export class VerifiedTokenCache {
  private readonly tokens = new Map<string, RememberedToken>()
  /** A ring of the digests in the order in which they came: finding the first key of a large Map is not free. */
  private readonly digests: string[] = []
  private oldest = 0

  constructor(private readonly max: number) {}

  get size(): number {
    return this.tokens.size
  }

  get(digest: string): RememberedToken | undefined {
    return this.tokens.get(digest)
  }

  set(digest: string, remembered: RememberedToken): void {
    if (!this.tokens.has(digest)) {
      this.tokens.delete(this.digests[this.oldest] ?? '')
      this.digests[this.oldest] = digest
      this.oldest = (this.oldest + 1) % this.max
    }
    this.tokens.set(digest, remembered)
  }

  delete(digest: string): void {
    this.tokens.delete(digest)
  }
}
