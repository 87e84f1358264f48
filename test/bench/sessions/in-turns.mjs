import { median } from '../measure.mjs'

/** Calls under way at once: as many as a pool has connections. */
const PARALLEL = 10
/** Milliseconds. */
const TURN = 80
/** Short turns, and many: what else the machine does hits all alike. */
const TURNS_PER_ROUND = 4

/** Calls per second, `PARALLEL` at a time, each contender in its turn. `share`: of the last one's, turn by turn. */
export async function inTurns(contenders, rounds) {
  const samples = contenders.map(() => [])
  for (const { work } of contenders) for (let warm = 0; warm < 10; warm++) await perSecond(work)
  for (let round = 0; round < rounds * TURNS_PER_ROUND; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const at = (turn + round) % contenders.length
      samples[at].push(await perSecond(contenders[at].work))
    }
  }
  const base = samples.at(-1)
  return contenders.map(({ name }, at) => ({
    name,
    perSecond: median(samples[at]),
    share: median(samples[at].map((value, round) => value / base[round])),
  }))
}

async function perSecond(work) {
  const began = performance.now()
  let done = 0
  const lane = async () => {
    do {
      await work()
      done++
    } while (performance.now() - began < TURN)
  }
  await Promise.all(Array.from({ length: PARALLEL }, lane))
  return done / ((performance.now() - began) / 1000)
}
