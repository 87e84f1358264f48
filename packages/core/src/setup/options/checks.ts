import { isUint8Array } from 'node:util/types'
import type { Problems } from '../problems.js'
import type { Check } from './option.js'

/** A check by a type guard. `expectation` completes "The value must be …"; `fix` is a sentence without its period. */
export function valueThat<T>(
  isValid: (value: unknown) => value is T,
  expectation: string,
  fix: string,
): Check<T> {
  return {
    read(value, path, problems) {
      if (isValid(value)) return value
      problems.add(path, `The value must be ${expectation}`, fix)
      return undefined
    },
  }
}

export const flag: Check<boolean> = valueThat(
  (value): value is boolean => typeof value === 'boolean',
  'true or false',
  'Set it to true or false, or leave it out',
)

export function oneOf<const T extends string>(...values: readonly T[]): Check<T> {
  const list = values.map((value) => `'${value}'`).join(', ')
  return valueThat(
    (value): value is T => values.some((allowed) => allowed === value),
    `one of ${list}`,
    'Set it to one of these, or leave it out',
  )
}

/** A string that matches a pattern, or any that is not empty. */
export function stringLike(expectation: string, fix: string, pattern = /./s): Check<string> {
  return valueThat(
    (value): value is string => typeof value === 'string' && pattern.test(value),
    expectation,
    fix,
  )
}

export function wholeNumber(min: number, max: number, fix: string): Check<number> {
  return valueThat(
    (value): value is number => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
    max === Infinity ? `a whole number from ${min}` : `a whole number from ${min} to ${max}`,
    fix,
  )
}

/** The strength of the secret is checked elsewhere. */
export const secretLike: Check<string | Uint8Array> = {
  ...valueThat(
    (value): value is string | Uint8Array => typeof value === 'string' || isUint8Array(value),
    'a string or a Uint8Array',
    'Set it to a secret of at least 32 bytes',
  ),
  fixIfMissing: 'Is the environment variable that it comes from set?',
}

export function functionLike<T extends (...args: never[]) => unknown>(fix: string): Check<T> {
  return valueThat((value): value is T => typeof value === 'function', 'a function', fix)
}

/** An array of which each element passes a check. Empty only if `canBeEmpty`. */
export function listOf<T>(
  element: Check<T>,
  { example, canBeEmpty = false }: { readonly example: string; readonly canBeEmpty?: boolean },
): Check<readonly T[]> {
  return {
    read(value, path, problems) {
      if (!Array.isArray(value) || (value.length === 0 && !canBeEmpty)) {
        problems.add(
          path,
          `The value must be ${canBeEmpty ? 'an array' : 'a non-empty array'}`,
          `Write ${example}`,
        )
        return undefined
      }
      // A copy has no holes, which `map` would skip.
      const read = [...(value as readonly unknown[])].map((item, at) =>
        element.read(item, `${path}[${at}]`, problems),
      )
      const valid = read.filter((item) => item !== undefined)
      return valid.length === read.length ? Object.freeze(valid) : undefined
    },
  }
}

/** The first check for values of the one kind, the second for all others. */
export function either<One, Other>(
  isOne: (value: unknown) => boolean,
  one: Check<One>,
  other: Check<Other>,
): Check<One | Other> {
  const inside = one.inside ?? other.inside
  return {
    ...(inside === undefined ? {} : { inside }),
    read: (value: unknown, path: string, problems: Problems) =>
      (isOne(value) ? one : other).read(value, path, problems),
  }
}

/** `false` turns the thing off. */
export function orFalse<T>(check: Check<T>): Check<T | false> {
  return either((value) => value === false, { read: () => false as const }, check)
}
