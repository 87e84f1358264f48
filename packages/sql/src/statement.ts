import type { Dialect } from './dialect.js'

export type Value = string | number | null

/** SQL with its values beside it. */
export class Statement {
  constructor(
    private readonly parts: readonly string[],
    private readonly values: readonly Value[],
  ) {}

  in(dialect: Dialect): { readonly text: string; readonly values: Value[] } {
    return { text: textOf(this.parts, dialect), values: this.values.map(bound) }
  }
}

/** sql`delete from t where id = ${id}`: the values never become part of the text. */
export function sql(parts: TemplateStringsArray, ...values: readonly Value[]): Statement {
  return new Statement(parts, values)
}

const numbered = new WeakMap<readonly string[], string>()

function textOf(parts: readonly string[], dialect: Dialect): string {
  if (dialect !== 'postgresql') return parts.join('?')
  const known = numbered.get(parts)
  if (known !== undefined) return known
  const text = parts.reduce((sofar, part, index) => `${sofar}$${index}${part}`)
  numbered.set(parts, text)
  return text
}

/** Every number in the tables is whole, but an app's clock may count in fractions. */
function bound(value: Value): Value {
  return typeof value === 'number' ? Math.round(value) : value
}
