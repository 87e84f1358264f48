export interface NearestName {
  readonly name: string
  /** Whether all that was typed is similar to the name, so that it is no secret that got into the wrong place. */
  readonly isTypo: boolean
}

/** The known name that is most similar to a mistyped one: few letters differ, or one begins with the other. */
export function nearestName(typed: string, known: readonly string[]): NearestName | undefined {
  const ranked = known
    .map((name) => ({ name, distance: distanceOf(typed, name) }))
    .toSorted((one, other) => one.distance - other.distance)
  const [best] = ranked
  if (best !== undefined && best.distance <= Math.max(1, Math.floor(best.name.length / 3))) {
    return { name: best.name, isTypo: true }
  }
  if (typed.length <= 2) return undefined
  const longer = known.find((name) => name.startsWith(typed))
  if (longer !== undefined) return { name: longer, isTypo: true }
  const shorter = known.find((name) => typed.startsWith(name))
  return shorter === undefined ? undefined : { name: shorter, isTypo: false }
}

/** How many letters must be inserted, removed or replaced (Levenshtein); for what is far longer: too many. */
function distanceOf(one: string, other: string): number {
  if (one.length > 2 * other.length) return Infinity
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
