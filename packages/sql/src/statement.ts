import type { Dialect } from './dialect.js'

export type Value = string | number | null

/** SQL text with its values kept apart. */
export class Statement {
  constructor(
    private readonly parts: readonly string[],
    private readonly values: readonly Value[],
  ) {}

  in(dialect: Dialect): { readonly text: string; readonly values: Value[] } {
    return { text: textOf(this.parts, dialect), values: this.values.map(bound) }
  }
}

/**
 * sql`delete from t where id = ${id}`: the values never become part of the text. `database_time()` is replaced by an
 * expression for the current time of the database's clock, in milliseconds, even if the statement has waited for a lock.
 * A list becomes several values: `in (${ids})`.
 */
export function sql(
  parts: TemplateStringsArray,
  ...values: readonly (Value | readonly Value[])[]
): Statement {
  if (hasNoList(values)) return new Statement(parts, values)
  const all = values.map((value) => (isList(value) ? listOf(value) : [value]))
  const [first = '', ...others] = parts
  const texts = others.flatMap((part, at) =>
    Array<string>((all[at]?.length ?? 1) - 1)
      .fill(', ')
      .concat(part),
  )
  return new Statement([first].concat(texts), all.flat())
}

/** `in ()` is a syntax error, and nothing equals null. */
function listOf(values: readonly Value[]): readonly Value[] {
  return values.length > 0 ? values : [null]
}

function hasNoList(values: readonly (Value | readonly Value[])[]): values is readonly Value[] {
  return !values.some(isList)
}

function isList(value: Value | readonly Value[]): value is readonly Value[] {
  return Array.isArray(value)
}

const DATABASE_TIME: Readonly<Record<Dialect, string>> = {
  postgresql: '(extract(epoch from clock_timestamp()) * 1000)::bigint',
  // Only utc_timestamp() does not depend on time zones, and only sysdate() is not the time when the statement began.
  mysql:
    "((timestampdiff(microsecond, '1970-01-01', utc_timestamp(3)) + timestampdiff(microsecond, now(3), sysdate(3))) div 1000)",
  sqlite: "cast(round((julianday('now') - 2440587.5) * 86400000) as integer)",
}

const texts: Readonly<Record<Dialect, WeakMap<readonly string[], string>>> = {
  postgresql: new WeakMap(),
  mysql: new WeakMap(),
  sqlite: new WeakMap(),
}

function textOf(parts: readonly string[], dialect: Dialect): string {
  const known = texts[dialect].get(parts)
  if (known !== undefined) return known
  const holes =
    dialect === 'postgresql'
      ? parts.reduce((before, part, index) => `${before}$${index}${part}`)
      : parts.join('?')
  const text = holes.replaceAll('database_time()', DATABASE_TIME[dialect])
  texts[dialect].set(parts, text)
  return text
}

/** The tables hold whole numbers, but a clock may return fractions. */
function bound(value: Value): Value {
  return typeof value === 'number' ? Math.round(value) : value
}
