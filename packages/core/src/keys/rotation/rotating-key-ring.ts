import type { JSONWebKeySet } from 'jose'
import { MAX_KID_LENGTH, type RingKey, type SigningKey } from '../import-key.js'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { type Algorithm, algorithmSpec } from '../algorithms.js'
import { KeyRing } from '../key-ring.js'
import type { KeyRotation } from './key-rotation.js'

/** The key ring of an app with `keyRotation`. Its keys change, and a key that remains is the same object. */
export class RotatingKeyRing extends KeyRing {
  private rotation: KeyRotation | undefined

  /** `algorithm`: the algorithm of new keys. */
  constructor(private readonly algorithm: Algorithm) {
    super([])
  }

  /** From now on the keys are those of `rotation`, which is made after the ring: it needs the clock and the store. */
  follow(rotation: KeyRotation): void {
    this.rotation = rotation
  }

  override get canSign(): boolean {
    return true
  }

  override get isEmpty(): boolean {
    return false
  }

  override get canMac(): boolean {
    return true
  }

  /** Throws `keys_unavailable` after the planned end of the last key that is known. */
  override get signingKey(): SigningKey {
    return this.followed.signingKey()
  }

  override refreshIfStale(): Promise<void> | undefined {
    return this.followed.refreshIfStale()
  }

  override find(kid: string | undefined): RingKey | undefined {
    if (kid === undefined || kid.length > MAX_KID_LENGTH) return undefined
    return this.followed.current.byKid.get(kid)
  }

  override async fetchKey(kid: string | undefined): Promise<RingKey> {
    const isName = kid !== undefined && kid.length <= MAX_KID_LENGTH
    const key = isName ? await this.followed.fetch(kid) : undefined
    if (key !== undefined) return key
    const reason = kid === undefined ? 'the header has no kid' : 'kid names no key'
    throw new JwtAuthError('token_signature_invalid', { reason, isKeyUnknown: true })
  }

  override get canPublish(): boolean {
    return algorithmSpec(this.algorithm).family !== 'hmac'
  }

  override publicKeys(): JSONWebKeySet {
    return {
      keys: this.followed.current.listed.flatMap(({ publicJwk }) => (publicJwk ? [{ ...publicJwk }] : [])),
    }
  }

  protected override get all(): Iterable<RingKey> {
    return this.followed.current.byKid.values()
  }

  private get followed(): KeyRotation {
    if (this.rotation === undefined) throw new TypeError('The key ring is used before the app is composed.')
    return this.rotation
  }
}
