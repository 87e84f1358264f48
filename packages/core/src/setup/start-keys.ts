import { JwtAuthConfigError } from '../errors/config.error.js'
import type { KeyRotation } from '../keys/rotation/key-rotation.js'
import { KeyStoreProblem } from '../keys/rotation/key-store-problem.js'

/**
 * Reads or makes the keys of `keyRotation`. Throws if that is not possible, so that the app does not start: without keys it
 * could neither issue nor verify tokens. Instances that already run are not affected.
 */
export async function startKeys(rotation: KeyRotation | undefined): Promise<void> {
  try {
    await rotation?.start()
  } catch (cause) {
    if (cause instanceof KeyStoreProblem) {
      const { path, problem, fix } = cause
      throw new JwtAuthConfigError([{ path, problem, fix }])
    }
    throw new Error(
      'keyStore: The app does not start, because it cannot read or write its keys in the key store. Make sure that ' +
        'the store can be reached, and that its tables exist: `await store.migrate()` of SqlKeyStore creates them. See the cause.',
      { cause },
    )
  }
}
