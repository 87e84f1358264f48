import { hash } from 'node:crypto'
import type { RingKey } from '../keys/import-key.js'
import type { TokenSource } from './token-source.js'
import type { VerifiedToken } from './token-verifier.js'

/** A verified token, and the key and the source that verified it. */
export interface RememberedToken {
  readonly token: VerifiedToken
  readonly key: RingKey
  readonly source: TokenSource
}

/** The SHA-256 of a token, which is its key in the cache. The token itself is never kept. */
export function digestOf(token: string): string {
  return hash('sha256', token, 'base64')
}

/**
 * At most `max` verified tokens. A new token replaces the oldest entry, which is probably the next to expire; if it is
 * still in use, it is verified again.
 */
export class VerifiedTokenCache {
  private readonly tokens = new Map<string, RememberedToken>()
  /** The digests in order of insertion, as a ring buffer: finding the first key of a large Map is slow. */
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
