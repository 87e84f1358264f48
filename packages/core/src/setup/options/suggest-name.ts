import type { OptionTable } from './option.js'

/** What to do about an unknown option: the name that was probably meant, else all that there are. */
export function suggestName(name: string, table: OptionTable): string {
  const elsewhere = Object.entries(table).flatMap(([outer, { check }]) =>
    Object.hasOwn(check.inside ?? {}, name) ? [`${outer}.${name}`] : [],
  )
  if (elsewhere.length > 0) return `Did you mean ${elsewhere.join(' or ')}?`
  const near = nearest(name, Object.keys(table))
  return near === undefined
    ? `The options here are ${Object.keys(table).join(', ')}`
    : `Did you mean ${near}?`
}

function nearest(name: string, known: readonly string[]): string | undefined {
  const given = name.toLowerCase()
  const ranked = known
    .map((option) => ({ option, distance: distanceOf(given, option.toLowerCase()) }))
    .toSorted((one, other) => one.distance - other.distance)
  const [best] = ranked
  if (best !== undefined && best.distance <= Math.max(1, Math.floor(given.length / 3))) return best.option
  return known.find((option) => given.length > 3 && option.toLowerCase().startsWith(given.slice(0, 4)))
}

/** How many letters must be inserted, removed or replaced (Levenshtein). */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let at = 0; at < one.length; at++) {
    const next = [at + 1]
    for (let index = 0; index < other.length; index++) {
      const [above = 0, before = 0, diagonal = 0] = [row[index + 1], next[index], row[index]]
      next.push(Math.min(above + 1, before + 1, diagonal + (one[at] === other[index] ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
