import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { Corpus } from './corpus.js'
import { counters } from './feedback.js'
import { Fuzzer, type FuzzTarget } from './fuzzer.js'
import { Random } from './random.js'

/** `npm run fuzz:coverage` sets them. */
const seconds = Number(process.env['FUZZ_SECONDS'] ?? 0)
const most = Number(process.env['FUZZ_INPUTS'] ?? Infinity)
const reports = process.env['FUZZ_REPORTS']

/**
 * The kept inputs, one test each for all of them; with FUZZ_SECONDS, for so long, inputs made of those that reach new places, at
 * most FUZZ_INPUTS. FUZZ_KEEP=1 writes what was found to the corpus, FUZZ_SEED repeats a run.
 */
export function describeFuzz(name: string, start: () => Promise<FuzzTarget>): void {
  describe(`fuzzed: ${name}`, () => {
    const corpus = new Corpus(name)
    let target: FuzzTarget

    beforeAll(async () => {
      target = await start()
    })

    it('each kept input has an allowed outcome', async () => {
      const kept = corpus.read()
      expect(kept.length).toBeGreaterThan(0)
      const faults: string[] = []
      const outcomes = new Set<string>()
      for (const { name, input } of kept) {
        const running = target.run(input)
        await running.then(
          (outcome) => outcomes.add(outcome),
          (error: unknown) => faults.push(`${name}: ${String(error)}`),
        )
      }
      expect(faults).toEqual([])
      expect([...outcomes]).toEqual(expect.arrayContaining([...target.outcomes]))
    })

    if (seconds > 0) it(`no input of ${seconds} s has another outcome`, () => fuzz(name, target, corpus))
  })
}

async function fuzz(name: string, target: FuzzTarget, corpus: Corpus): Promise<void> {
  if (counters() === undefined)
    throw new Error('Start it by `npm run fuzz:coverage`, which counts what runs.')
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31)
  const fuzzer = new Fuzzer(target, new Random(seed))
  const kept = corpus.read().map(({ input }) => input)
  await fuzzer.begin(kept)
  const before = fuzzer.places

  const end = process.hrtime.bigint() + BigInt(seconds) * 1_000_000_000n
  while (fuzzer.tries < most && process.hrtime.bigint() < end) {
    const input = fuzzer.next()
    const fault = await fuzzer.faultOf(input)
    if (fault !== undefined) await fail(fault, await fuzzer.shrink(input, fault), corpus, seed)
  }

  const found = fuzzer.fewest(kept)
  if (process.env['FUZZ_KEEP'] === '1') corpus.replaceFound(found)
  const { tries, places, costliest } = fuzzer
  report({
    target: name,
    seconds,
    seed,
    tries,
    kept: kept.length,
    before,
    places,
    found: found.length,
    costliest,
  })
}

async function fail(fault: string, input: Buffer, corpus: Corpus, seed: number): Promise<never> {
  const file = corpus.addFault(input)
  const bytes = input.toString('base64')
  throw new Error(`${fault}\nThe input (seed ${seed}), kept as ${file}, in base64: ${bytes}`)
}

function report(result: Record<string, number | string>): void {
  if (reports === undefined) return
  mkdirSync(reports, { recursive: true })
  writeFileSync(join(reports, `${result['target']}.json`), JSON.stringify(result))
}
