import { median } from '../measure.mjs'

/** Milliseconds. Short turns, and many: what else the machine does hits all alike. */
const TURN = 80
const TURNS_PER_ROUND = 4

/** Calls per second of each contender, `parallel` at a time: one number for each turn. */
export async function inTurns(contenders, { parallel, rounds }) {
  const samples = contenders.map(() => [])
  for (const { work } of contenders) for (let warm = 0; warm < 10; warm++) await perSecond(work, parallel)
  for (let round = 0; round < rounds * TURNS_PER_ROUND; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const at = (turn + round) % contenders.length
      samples[at].push(await perSecond(contenders[at].work, parallel))
    }
  }
  return samples
}

/** A line of a table for each. `share`: of the last one's, turn by turn. */
export async function besideTheLast(contenders, options) {
  const samples = await inTurns(contenders, options)
  const base = samples.at(-1)
  return contenders.map(({ name }, at) => ({
    name,
    perSecond: median(samples[at]),
    share: median(samples[at].map((value, turn) => value / base[turn])),
  }))
}

async function perSecond(work, parallel) {
  const began = performance.now()
  let done = 0
  const lane = async () => {
    do {
      await work()
      // Answers that come from memory must let others have their turn too.
      if (++done % 1000 === 0) await new Promise(setImmediate)
    } while (performance.now() - began < TURN)
  }
  await Promise.all(Array.from({ length: parallel }, lane))
  return done / ((performance.now() - began) / 1000)
}
