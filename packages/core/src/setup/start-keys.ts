import { JwtAuthConfigError } from '../errors/config.error.js'
import type { KeyRotation } from '../keys/rotation/key-rotation.js'
import { KeyStoreProblem } from '../keys/rotation/key-store-problem.js'

/**
 * An app without its keys could neither issue nor verify anything, so it does not start: what runs already goes on, and
 * whoever starts it will try again.
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
        'the store can be reached and its tables exist; see the cause.',
      { cause },
    )
  }
}
