import { parseDuration } from '../../time/duration.js'
import type { Check } from './option.js'

/** Inclusive, each as a user would write it. */
interface DurationRange {
  readonly min: string
  readonly max: string
  /** A value to recommend. */
  readonly example: string
}

/** A duration within a range; reads to seconds. */
export function durationFrom({ min, max, example }: DurationRange): Check<number> {
  const fix = `Set it to a number of seconds or a string with a unit, such as '${example}'`
  const [least = 0, most = 0] = [min, max].map(parseDuration)
  return {
    read(value, path, problems) {
      const seconds = parseDuration(value)
      if (seconds !== undefined && seconds >= least && seconds <= most) return seconds
      problems.add(path, problemOf(value, seconds, min, max), fix)
      return undefined
    },
  }
}

function problemOf(value: unknown, seconds: number | undefined, min: string, max: string): string {
  if (seconds !== undefined) return `The duration must be from ${min} to ${max}`
  if (typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value)) return 'The duration has no unit'
  return 'The value must be a duration'
}

/** The lifetimes of tokens and sessions: `exp` is in whole seconds, and nothing that is issued outlives a century. */
export function lifetime(example: string): Check<number> {
  return wholeSeconds(durationFrom({ min: '1s', max: '36500d', example }))
}

/** Rounded up, because dates in tokens are whole seconds. */
export function wholeSeconds(check: Check<number>): Check<number> {
  return {
    read(value, path, problems) {
      const seconds = check.read(value, path, problems)
      return seconds === undefined ? undefined : Math.ceil(seconds)
    },
  }
}
