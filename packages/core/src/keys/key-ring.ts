import type { JSONWebKeySet } from 'jose'
import { MAX_KID_LENGTH, type RingKey } from './import-key.js'

/** Finds the key that a token names: in memory, by a bounded name, never by a path or a URL in the token. */
export interface KeyFinder {
  find(kid: string): RingKey | undefined
}

/** The keys of the app: the first one signs, all of them verify, each by the one algorithm it was made for. */
export class KeyRing implements KeyFinder {
  readonly signingKey: RingKey & Required<Pick<RingKey, 'sign'>>
  private readonly byKid: ReadonlyMap<string, RingKey>

  /** `keys`: at least one; the first can sign; no two of one `kid`. */
  constructor(keys: readonly RingKey[]) {
    const [first] = keys
    if (first?.sign === undefined) throw new TypeError('the first key of a ring signs')
    this.signingKey = { ...first, sign: first.sign }
    this.byKid = new Map(keys.map((key) => [key.kid, key]))
  }

  find(kid: string): RingKey | undefined {
    return kid.length > MAX_KID_LENGTH ? undefined : this.byKid.get(kid)
  }

  /** A MAC of the first key's own, for what is no token. */
  mac(text: string): string {
    return this.signingKey.mac?.of(text) ?? ''
  }

  /** Whether any key of the ring made this MAC of the text: a key that no longer signs still vouches. */
  vouches(text: string, mac: string): boolean {
    return [...this.byKid.values()].some((key) => key.mac?.matches(text, mac) === true)
  }

  /** Asymmetric public keys only: what may be published (RFC 7517 section 5). */
  publicKeys(): JSONWebKeySet {
    return {
      keys: [...this.byKid.values()].flatMap(({ publicJwk }) => (publicJwk ? [{ ...publicJwk }] : [])),
    }
  }
}
