/** The known name that is most similar to a mistyped one: few letters differ, or one begins with the other. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: distanceOf(name, candidate) }))
    .toSorted((one, other) => one.distance - other.distance)
  const [best] = ranked
  if (best !== undefined && best.distance <= Math.max(1, Math.floor(name.length / 3))) return best.candidate
  return known.find(
    (candidate) => name.length > 2 && (candidate.startsWith(name) || name.startsWith(candidate)),
  )
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
