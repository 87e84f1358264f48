import type { JSONWebKeySet } from 'jose'
import { JwtAuthUsageError } from '../errors/usage.error.js'
import { MAX_KID_LENGTH, type RingKey, type SigningKey } from './import-key.js'
import { isSameKey } from './same-key.js'

/** Finds the key that a token names: in memory, by a bounded name, never by a path or a URL in the token. */
export interface KeyFinder {
  /** `alg` only matters if `kid` is `undefined`, and the keys belong to an issuer whose tokens may lack it. */
  find(kid: string | undefined, alg: string): RingKey | undefined
  /**
   * Fetches a key that `find` does not know, from the issuer or the key store. Absent if the keys never change. Throws
   * `token_signature_invalid`, or `keys_unavailable` if there is no answer.
   */
  fetchKey?(kid: string | undefined, alg: string): Promise<RingKey>
}

/** Keys that another instance of the app may change. */
export interface ChangingKeys extends KeyFinder {
  /** Reads the keys again if those that `find` knows may be outdated. `undefined` if they are not. Never rejects. */
  refreshIfStale?(): Promise<void> | undefined
}

/** The keys of the app. All of them verify, each by its one algorithm. The first one signs, unless all of them only verify. */
export class KeyRing implements ChangingKeys {
  private readonly signer: SigningKey | undefined
  private readonly byKid: ReadonlyMap<string, RingKey>

  /** `keys`: no two with the same `kid`. Either the first can sign, or none can and the app only verifies. */
  constructor(keys: readonly RingKey[]) {
    const [first] = keys
    this.signer = first !== undefined && canSign(first) ? first : undefined
    this.byKid = new Map(keys.map((key) => [key.kid, key]))
  }

  /** `false` if every key only verifies. */
  get canSign(): boolean {
    return this.signer !== undefined
  }

  /** Throws `signing_disabled` if every key only verifies. */
  get signingKey(): SigningKey {
    if (this.signer !== undefined) return this.signer
    throw new JwtAuthUsageError(
      'signing_disabled',
      'This app only verifies tokens, because none of its keys can sign. To issue tokens, set `secret` or ' +
        '`keyRotation`, or put a key with a `privateKey`, a `secret` or `sign` first in `keys`.',
    )
  }

  /**
   * Throws `signing_disabled` if every key only verifies. If the keys must be read first, returns a promise, which rejects
   * with that error instead.
   */
  demandSigningKey(): Promise<void> | undefined {
    const reading = this.refreshIfStale()
    if (reading === undefined) void this.signingKey
    return reading?.then(() => void this.signingKey)
  }

  refreshIfStale(): Promise<void> | undefined {
    return undefined
  }

  find(kid: string | undefined): RingKey | undefined {
    return kid === undefined || kid.length > MAX_KID_LENGTH ? undefined : this.byKid.get(kid)
  }

  /** Whether the same secret or public key is in the ring, whatever its algorithm and `kid`. */
  has(key: RingKey): boolean {
    return [...this.byKid.values()].some((own) => isSameKey(own, key))
  }

  /** Whether the app has no keys of its own. */
  get isEmpty(): boolean {
    return this.byKid.size === 0
  }

  /** Whether `mac` has a key: `false` if every key only verifies, or if the first one signs outside this process. */
  get canMac(): boolean {
    return this.signer?.mac !== undefined
  }

  /** A MAC by a key derived from the first key, for what is not a token. Throws if `canMac` is `false`. */
  mac(text: string): string {
    const { mac } = this.signingKey
    if (mac !== undefined) return mac.of(text)
    throw new TypeError('The first key signs outside this process, so nothing can be derived from it.')
  }

  /** Whether this is the MAC of the text by any key of the ring, also by one that no longer signs. */
  matchesMac(text: string, mac: string): boolean {
    return [...this.all].some((key) => key.mac?.matches(text, mac) === true)
  }

  fetchKey?(kid: string | undefined, alg: string): Promise<RingKey>

  /** Asymmetric public keys only: what may be published (RFC 7517 section 5). */
  publicKeys(): JSONWebKeySet {
    return {
      keys: [...this.all].flatMap(({ publicJwk }) => (publicJwk ? [{ ...publicJwk }] : [])),
    }
  }

  /** `false` if all keys are secrets. */
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
