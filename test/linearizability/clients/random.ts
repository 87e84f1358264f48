/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One of a list; `undefined` of an empty one. */
export function pick<T>(random: () => number, list: readonly T[]): T | undefined {
  return list[Math.floor(random() * list.length)]
}

/** One of the keys, as often as its weight is heavy. */
export function pickByWeight<Key extends string>(random: () => number, weights: Record<Key, number>): Key {
  const all = Object.entries<number>(weights) as [Key, number][]
  let left = random() * all.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [key, weight] of all) if ((left -= weight) < 0) return key
  throw new RangeError('All weights are 0.')
}
