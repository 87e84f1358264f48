import { HIDDEN_MEMBER, hiddenMembers } from '../../errors/hidden-members.js'
import { Problems } from '../problems.js'
import { suggestName } from './suggest-name.js'

/** Decides whether a value may be what an option is set to. */
export interface Check<T> {
  /**
   * Returns the value in the form that the library works with, such as seconds for a duration. If it is invalid,
   * reports that and returns `undefined`. Is never called with `undefined` or `null`.
   */
  read(value: unknown, path: string, problems: Problems): T | undefined
  /** The options inside, if the value is an object of options. */
  readonly inside?: OptionTable
  /** What to do where a required value is missing; otherwise only that it must be set. */
  readonly fixIfMissing?: string
}

/** One option: its check, its default, and the value that is used while it is missing or invalid. */
export interface Option<T> {
  readonly check: Check<T>
  /** As a user would write it; `undefined` if there is none. */
  readonly default: unknown
  readonly fallback: T
  readonly isRequired?: boolean
}

export type OptionTable = Readonly<Record<string, Option<unknown>>>

/** A table that has exactly the options of the interface `Options`. */
export type TableOf<Options> = { readonly [Name in keyof Required<Options>]: Option<unknown> }

/** What reading the options of a table yields. */
export type Read<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Option<infer T> ? T : never
}

/** An option that is simply absent when it is left out. */
export function optional<T>(check: Check<T>): Option<T | undefined> {
  return { check, default: undefined, fallback: undefined }
}

/** An option with a default, which must pass the option's own check. */
export function withDefault<T>(check: Check<T>, value: {}): Option<T> {
  const fallback = check.read(value, '', new Problems())
  if (fallback === undefined) throw new TypeError('The default of an option does not pass its check.')
  return { check, default: value, fallback }
}

/** An option that must be set. `fallback` replaces a missing one while other problems are searched. */
export function required<T>(check: Check<T>, fallback: {}): Option<T> {
  return { ...withDefault(check, fallback), default: undefined, isRequired: true }
}

/** An object of options. Names that are not in the table are reported. */
export function group<Table extends OptionTable>(table: Table): Check<Read<Table>> {
  return {
    inside: table,
    read(value, path, problems) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        problems.add(path, 'The value must be an object', `Write { ${Object.keys(table).join(', ')} }`)
        return undefined
      }
      for (const name of Object.keys(value)) {
        if (!Object.hasOwn(table, name)) {
          problems.add(`${path}.${name}`, 'There is no such option', suggestName(name, table))
        }
      }
      return readTable(table, value, `${path}.`, problems)
    },
  }
}

/**
 * Reads the options of a table; `undefined` is the default, and `null` is refused. Only own members are read, and what
 * the class of the object has is reported.
 */
export function readTable<Table extends OptionTable>(
  table: Table,
  given: object,
  prefix: string,
  problems: Problems,
): Read<Table> {
  const hidden = new Set(hiddenMembers(given, Object.keys(table)))
  for (const name of hidden) problems.add(`${prefix}${name}`, ...HIDDEN_MEMBER)
  const members = Object.entries(table).map(([name, option]) => {
    if (hidden.has(name)) return [name, option.fallback]
    const value: unknown = Object.hasOwn(given, name) ? Reflect.get(given, name) : undefined
    return [name, readOption(option, value, `${prefix}${name}`, problems)]
  })
  return Object.freeze(Object.fromEntries(members)) as Read<Table>
}

function readOption<T>(option: Option<T>, value: unknown, path: string, problems: Problems): T {
  const { check, fallback, isRequired = false } = option
  if (value === undefined) {
    if (isRequired) problems.add(path, 'The value is missing', check.fixIfMissing ?? 'Set it')
    return fallback
  }
  if (value === null) {
    problems.add(path, 'The value must not be null', 'Leave the option out, or set it to a value')
    return fallback
  }
  return check.read(value, path, problems) ?? fallback
}
