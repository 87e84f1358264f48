import * as fc from 'fast-check'
import { JwtAuthError, JwtAuthUsageError } from '@nest-jwt-auth/core'

/** Whatever JavaScript can hold, but for what runs code of its own when it is looked at. */
export const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withObjectString: true,
  withSparseArray: true,
  withTypedArray: true,
})

/**
 * Any character but half of one, as the unit of a string: fast-check's own takes seconds to find the strings among its
 * examples that are made of it.
 */
export const character = fc
  .oneof(
    { weight: 0xd800, arbitrary: fc.nat(0xd7ff) },
    { weight: 0x102000, arbitrary: fc.integer({ min: 0xe000, max: 0x10ffff }) },
  )
  .map(
    (code) => String.fromCodePoint(code),
    (text) => {
      const [one, ...others] = String(text)
      if (one === undefined || others.length > 0) throw new Error('not one character')
      return one.codePointAt(0) ?? 0
    },
  )

/** A refusal of the token, or a mistake of the caller's: nothing else may come out. */
function expectTyped(error: unknown): void {
  const isTyped = error instanceof JwtAuthError || error instanceof JwtAuthUsageError
  if (!isTyped) throw new Error('an error of another kind', { cause: error })
}

/** Whether it went well; where not, the error is typed. */
export async function succeeds(work: () => unknown): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    expectTyped(error)
    return false
  }
}
