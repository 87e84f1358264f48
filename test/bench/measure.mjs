/**
 * In each round every contender has its turn, in another order each time. The result is the least of the rounds: what else
 * the machine does can only make a round slower. `ratio`: to the least of the yardstick.
 */
export async function measure(contenders, { rounds, yardstick }) {
  const least = new Map()
  for (const contender of contenders) await contender.sample() // warm-up
  for (let round = 0; round < rounds; round++) {
    for (const { name, sample } of rotated(contenders, round)) {
      least.set(name, Math.min(least.get(name) ?? Infinity, await sample()))
    }
  }
  const base = least.get(yardstick)
  return contenders.map(({ name }) => ({ name, value: least.get(name), ratio: least.get(name) / base }))
}

/**
 * Microseconds of CPU time per call of `work`, over about `duration` milliseconds: of all threads, so that crypto that
 * is done elsewhere counts, and waiting for a machine that is busy with something else does not.
 */
export function timed(work, duration) {
  let count = 16
  return async () => {
    for (;;) {
      const started = process.cpuUsage()
      await repeat(work, count)
      const { user, system } = process.cpuUsage(started)
      const elapsed = user + system
      if (elapsed >= duration * 500) {
        const result = elapsed / count
        count = Math.max(16, Math.ceil((count * duration * 1000) / elapsed))
        return result
      }
      count *= 2
    }
  }
}

/** What answers with a promise is awaited, what does not is not made to wait. */
async function repeat(work, count) {
  const first = work()
  if (first instanceof Promise) {
    await first
    for (let at = 1; at < count; at++) await work()
  } else {
    for (let at = 1; at < count; at++) work()
  }
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

function rotated(list, by) {
  const at = by % list.length
  return [...list.slice(at), ...list.slice(0, at)]
}
