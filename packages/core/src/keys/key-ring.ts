import type { JSONWebKeySet } from 'jose'
import { JwtAuthUsageError } from '../errors/usage.error.js'
import { MAX_KID_LENGTH, type RingKey, type SigningKey } from './import-key.js'
import { isSameKey } from './same-key.js'

/** Finds the key that a token names: in memory, by a bounded name, never by a path or a URL in the token. */
export interface KeyFinder {
  /** `alg` only matters if `kid` is `undefined`, and the keys belong to an issuer whose tokens may lack it. */
  find(kid: string | undefined, alg: string): RingKey | undefined
  /**
   * Asks whoever has the keys for one that `find` did not know. Absent if the keys never change. Throws
   * `token_signature_invalid`, or `keys_unavailable` if nobody answers.
   */
  fetchKey?(kid: string | undefined, alg: string): Promise<RingKey>
}

/** Keys that somebody else may change. */
export interface ChangingKeys extends KeyFinder {
  /** `undefined`: what `find` knows is new enough. Else that is read first. Never rejects. */
  pending?(): Promise<void> | undefined
}

/** The keys of the app: the first one signs if any can, all of them verify, each by the one algorithm it was made for. */
export class KeyRing implements ChangingKeys {
  private readonly signer: SigningKey | undefined
  private readonly byKid: ReadonlyMap<string, RingKey>

  /** `keys`: no two of one `kid`. Either the first can sign, or none can and the app only verifies. */
  constructor(keys: readonly RingKey[]) {
    const [first] = keys
    this.signer = first !== undefined && canSign(first) ? first : undefined
    this.byKid = new Map(keys.map((key) => [key.kid, key]))
  }

  /** `false` where every key only verifies. */
  get canSign(): boolean {
    return this.signer !== undefined
  }

  /** Throws `signing_disabled` where every key only verifies. */
  get signingKey(): SigningKey {
    if (this.signer !== undefined) return this.signer
    throw new JwtAuthUsageError(
      'signing_disabled',
      'This app only verifies tokens, because none of its keys can sign. To issue tokens, set `secret`, or put a key with ' +
        'a `privateKey`, a `secret` or `sign` first in `keys`.',
    )
  }

  /**
   * Throws `signing_disabled` where every key only verifies. Returns a promise only if the keys must be read first, which
   * then rejects instead.
   */
  demandSigningKey(): Promise<void> | undefined {
    const pending = this.pending()
    if (pending === undefined) void this.signingKey
    return pending?.then(() => void this.signingKey)
  }

  pending(): Promise<void> | undefined {
    return undefined
  }

  find(kid: string | undefined): RingKey | undefined {
    return kid === undefined || kid.length > MAX_KID_LENGTH ? undefined : this.byKid.get(kid)
  }

  /** Whether the same secret or public key is in the ring, under whatever algorithm and `kid`. */
  has(key: RingKey): boolean {
    return [...this.byKid.values()].some((own) => isSameKey(own, key))
  }

  /** Whether `mac` has a key: `false` where every key only verifies, and where the first one signs outside this process. */
  get canMac(): boolean {
    return this.signer?.mac !== undefined
  }

  /** A MAC by a key derived from the first key, for what is not a token. Throws where `canMac` is `false`. */
  mac(text: string): string {
    const { mac } = this.signingKey
    if (mac !== undefined) return mac.of(text)
    throw new TypeError('The first key signs outside this process, so nothing can be derived from it.')
  }

  /** Whether any key of the ring made this MAC of the text: a key that no longer signs still vouches. */
  vouches(text: string, mac: string): boolean {
    return [...this.all].some((key) => key.mac?.matches(text, mac) === true)
  }

  fetchKey?(kid: string | undefined, alg: string): Promise<RingKey>

  /** Asymmetric public keys only: what may be published (RFC 7517 section 5). */
  publicKeys(): JSONWebKeySet {
    return {
      keys: [...this.all].flatMap(({ publicJwk }) => (publicJwk ? [{ ...publicJwk }] : [])),
    }
  }

  /** `false` where all keys are secrets. */
  get canPublish(): boolean {
    return this.publicKeys().keys.length > 0
  }

  protected get all(): Iterable<RingKey> {
    return this.byKid.values()
  }
}

function canSign(key: RingKey): key is SigningKey {
  return key.sign !== undefined
}
