import { Feedback, type Trace } from './feedback.js'
import { mutate } from './mutate.js'
import type { Random } from './random.js'

export interface FuzzTarget {
  /** Words that the code under test looks for, in groups of those that stand at the same place. */
  readonly words: readonly (readonly string[])[]
  /** Gives one input to the library, and names the outcome. Throws if it is not one of the allowed ones. */
  readonly run: (input: Buffer) => Promise<string>
  /** Outcomes that the kept inputs have among others, so that a target that reaches nothing is noticed. */
  readonly outcomes: readonly string[]
  /** The most statements that an input may cost: a fixed part, and one for each byte. */
  readonly limit: { readonly fixed: number; readonly perByte: number }
}

interface Entry {
  readonly input: Buffer
  readonly trace: Trace
}

/** Inputs that break the target, or reach places that no input before them did. */
export class Fuzzer {
  private readonly feedback = new Feedback()
  private readonly seen = new Set<number>()
  private readonly pool: Entry[] = []
  private kept = 0
  tries = 0
  /** The most work of one input, as a part of what it may cost. */
  costliest = 0

  constructor(
    private readonly target: FuzzTarget,
    private readonly random: Random,
  ) {
    this.feedback.take()
  }

  get places(): number {
    return new Set([...this.seen].map((feature) => feature >> 3)).size
  }

  /** Runs an input, and keeps it to make others of if it did something new. */
  async try(input: Buffer): Promise<void> {
    this.tries++
    await this.target.run(input)
    const trace = this.feedback.take()
    this.checkWork(input, trace.work)
    const fresh = trace.features.filter((feature) => !this.seen.has(feature))
    if (fresh.length === 0) return
    for (const feature of fresh) this.seen.add(feature)
    this.pool.push({ input, trace })
  }

  /** Runs the kept inputs. Others are made of them more often than of those that are found. */
  async begin(inputs: readonly Buffer[]): Promise<void> {
    for (const input of inputs) await this.try(input)
    this.kept = this.pool.length
  }

  next(): Buffer {
    // The kept ones, which came first, are in the best form, and the newest are the least explored.
    const { kept, pool } = this
    const { input } = this.random.pick(this.random.pick([pool.slice(0, kept), pool.slice(-16), pool]))
    const other = this.random.pick(this.pool).input
    return mutate(input, this.random, { words: this.target.words, other })
  }

  /** As few and short inputs as reach the same places. The given ones come first, so that a corpus changes little. */
  fewest(first: readonly Buffer[]): Buffer[] {
    const isFirst = (input: Buffer) => first.some((other) => other.equals(input))
    const order = this.pool.toSorted(
      (a, b) => Number(isFirst(b.input)) - Number(isFirst(a.input)) || a.input.length - b.input.length,
    )
    const reached = new Set<number>()
    return order.flatMap(({ input, trace }) => {
      const places = trace.features.map((feature) => feature >> 3).filter((place) => !reached.has(place))
      for (const place of places) reached.add(place)
      return places.length > 0 ? [input] : []
    })
  }

  /** Cuts pieces off an input for as long as it shows the same fault. */
  async shrink(input: Buffer, fault: string): Promise<Buffer> {
    let smallest = input
    for (let piece = input.length >> 1; piece > 0; piece >>= 1) {
      for (let at = 0; at + piece <= smallest.length;) {
        const shorter = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + piece)])
        if ((await this.faultOf(shorter)) === fault) smallest = shorter
        else at += piece
      }
    }
    return smallest
  }

  async faultOf(input: Buffer): Promise<string | undefined> {
    try {
      await this.try(input)
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  private checkWork({ length }: Buffer, work: number): void {
    const { fixed, perByte } = this.target.limit
    const share = work / (fixed + perByte * length)
    this.costliest = Math.max(this.costliest, share)
    if (share > 1) throw new Error('It costs more work than its length allows.')
  }
}
