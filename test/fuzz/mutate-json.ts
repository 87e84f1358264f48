import type { Random } from './random.js'

const NOW = 1_893_456_000

const values: readonly unknown[] = [
  null,
  true,
  false,
  '',
  0,
  -1,
  1.5,
  1e300,
  2 ** 53,
  NOW,
  NOW + 60,
  NOW - 61,
  [],
  {},
  [[]],
  ['a', 'a'],
  'x'.repeat(256),
]

/** A copy of the value with one change somewhere in it. `other` is a value to take parts of. */
export function mutateJson(
  value: unknown,
  random: Random,
  words: readonly string[],
  other: unknown,
): unknown {
  const anything = (): unknown =>
    random.pick([
      random.pick(values),
      random.pick(words),
      [random.pick(words)],
      partOf(other, random),
      nest(random),
    ])
  const name = (): string => random.pick([random.pick(words), random.pick(namesIn(other))])

  const change = (inside: unknown): unknown => {
    if (typeof inside !== 'object' || inside === null || random.below(8) === 0) return anything()
    const entries = Object.entries(inside)
    const at = random.below(entries.length + 1)
    const entry = entries[at]
    if (entry === undefined) entries.push([name(), anything()])
    else {
      const act = random.below(8)
      if (act === 0) entries.splice(at, 1)
      else if (act === 1) entries.push([name(), entry[1]])
      else entries[at] = [entry[0], change(entry[1])]
    }
    return Array.isArray(inside) ? entries.map(([, item]) => item) : Object.fromEntries(entries)
  }
  return change(value)
}

function partOf(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.below(3) === 0) return value ?? null
  const inside = Object.values(value)
  return inside.length === 0 ? value : partOf(random.pick(inside), random)
}

function namesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return ['__proto__']
  return ['__proto__', 'constructor', ...Object.keys(value), ...Object.values(value).flatMap(namesIn)]
}

function nest(random: Random): unknown {
  let value: unknown = 1
  for (let depth = random.below(40); depth > 0; depth--) value = [value]
  return value
}
