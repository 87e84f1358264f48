import { JwtAuthUsageError } from '../errors/usage.error.js'
import { MAX_LISTED, planImmediate, planNext, planWithout, signerIndex } from '../keys/rotation/key-plan.js'
import type { KeyRotation } from '../keys/rotation/key-rotation.js'
import type { KeyInfo } from '../keys/rotation/key-snapshot.js'
import { ownMembers } from './checked-options.js'

/** Options of `KeyService.rotate`. */
export interface RotateOptions {
  /**
   * The next key signs from now on, even if it was not announced: verifiers that cache the JWKS refuse its tokens until
   * they have read it again. For emergencies.
   *
   * @default false
   */
  readonly immediately?: boolean | undefined
}

const ROTATE = { immediately: undefined } as const

/**
 * The keys of `keyRotation`: an overview, and what an operator decides. Throws `keys_unavailable` if the key store cannot
 * be reached, or if keys are to be changed after the app was closed, and a `JwtAuthUsageError` (`rotation_disabled`)
 * without the option `keyRotation`.
 */
export class KeyService {
  constructor(private readonly rotation: KeyRotation | undefined) {}

  /** All keys that the store has, in the order in which they sign. Holds no key material. */
  async list(): Promise<KeyInfo[]> {
    return this.demandRotation().list()
  }

  /**
   * Announces the next key now, which signs after `announce`; if one is announced already, nothing changes. Returns the key
   * that signs next, or with `immediately` the one that signs now. Calls at the same time, in any instance, make one key.
   */
  async rotate(options: RotateOptions = {}): Promise<KeyInfo> {
    const { immediately = false } = ownMembers(options, ROTATE)
    const rotation = this.demandRotation()
    const { rules } = rotation
    // Before the first wait: the new key of a call at the same time must not be taken for the one to replace.
    const signer = rotation.current.signer?.kid
    await this.refuseTooManyKeys()
    const infos = await rotation.change(
      (keys, now) => {
        if (!immediately) return planNext(keys, rules, now)
        // If another key signs already, somebody else was faster.
        return keys[signerIndex(keys, now)]?.kid === signer ? planImmediate(keys, rules, now) : keys
      },
      { needsAll: true },
    )
    // The last one is announced, or signs if the store was empty.
    const next = immediately ? infos.find(({ state }) => state === 'signing') : infos.at(-1)
    if (next === undefined) throw new TypeError('The rotation made no key.')
    return next
  }

  /**
   * Removes a key. All tokens that it signed become invalid: immediately in this instance, and within 30 seconds in every
   * other instance that can read the store. Sessions stay listed, but their refresh tokens by this key are invalid. If the
   * key signs, the announced key signs from now on, or a new one. Returns whether there was such a key.
   */
  async revoke(kid: string): Promise<boolean> {
    const rotation = this.demandRotation()
    const { rules } = rotation
    let isKnown = false
    await rotation.change(
      (keys, now) => {
        isKnown ||= keys.some((key) => key.kid === kid)
        return planWithout(keys, kid, rules, now)
      },
      { needsAll: false },
    )
    return isKnown
  }

  private async refuseTooManyKeys(): Promise<void> {
    const listed = (await this.list()).filter(({ isListed }) => isListed)
    if (listed.length < MAX_LISTED) return
    throw new JwtAuthUsageError(
      'too_many_keys',
      `The JWKS lists ${listed.length} keys already, and verifiers accept no more. Wait until some have been removed.`,
    )
  }

  private demandRotation(): KeyRotation {
    if (this.rotation !== undefined) return this.rotation
    throw new JwtAuthUsageError(
      'rotation_disabled',
      'KeyService manages the keys of the option `keyRotation`, which is not set. Keys of `secret` and `keys` are changed in the options.',
    )
  }
}
