import type { CheckedCall } from './history.js'

/** An object as it would behave if calls came one after the other. States are never changed. */
export interface Model<State, Call> {
  readonly initial: State
  /** The states that are possible after the call; none: in this state the call cannot have this answer. */
  step(state: State, call: Call): readonly State[]
  /** Equal for equal states. */
  keyOf(state: State): string
}

export type Verdict =
  /** This order explains all answers. */
  | { readonly kind: 'explained'; readonly order: readonly CheckedCall[] }
  /** No order does. The longest one that explains some, and what then has no place. */
  | {
      readonly kind: 'impossible'
      readonly order: readonly CheckedCall[]
      readonly left: readonly CheckedCall[]
    }
  /** Too many orders were tried. */
  | { readonly kind: 'undecided' }

const BUDGET = 300_000

/**
 * Looks for an order of calls in which each happens at one moment between its start and its end, and has the answer that
 * the model gives (Wing and Gong 1993). Never visits the same calls in the same state twice (Lowe 2017).
 */
export function findOrder<State>(
  model: Model<State, CheckedCall>,
  calls: readonly CheckedCall[],
  budget = BUDGET,
): Verdict {
  const search = new Search(
    model,
    calls.toSorted((a, b) => a.start - b.start),
    budget,
  )
  return search.run()
}

/** A bit for each call that has its place. */
type Placed = bigint

interface OpenCall {
  readonly call: CheckedCall
  readonly at: number
}

class Search<State> {
  private readonly visited = new Set<string>()
  private readonly order: CheckedCall[] = []
  private longest: readonly CheckedCall[] = []

  constructor(
    private readonly model: Model<State, CheckedCall>,
    private readonly calls: readonly CheckedCall[],
    private readonly budget: number,
  ) {}

  run(): Verdict {
    if (this.visit(0n, this.model.initial, -Infinity)) return { kind: 'explained', order: this.order }
    if (this.visited.size >= this.budget) return { kind: 'undecided' }
    const left = this.calls.filter((call) => !call.isOptional && !this.longest.includes(call))
    return { kind: 'impossible', order: this.longest, left }
  }

  /** `latest`: the latest start among the calls that have their place. What ended before that comes too late. */
  private visit(placed: Placed, state: State, latest: number): boolean {
    const key = `${placed} ${this.model.keyOf(state)}`
    if (this.visited.has(key) || this.visited.size >= this.budget) return false
    this.visited.add(key)
    if (this.order.length > this.longest.length) this.longest = [...this.order]
    const open = this.open(placed)
    if (open.every(({ call }) => call.isOptional)) return true
    const steps = candidates(open, latest).map(({ call, at }) => ({
      call,
      at,
      next: this.model.step(state, call),
    }))
    const free = steps.find(
      ({ call, next }) =>
        !call.isOptional && next.length === 1 && next[0] === state && isHarmless(call, open, latest),
    )
    for (const { call, at, next } of free === undefined ? steps : [free]) {
      for (const after of next) {
        const isUseless = call.isOptional && after === state
        if (!isUseless && this.place(placed, call, at, after, latest)) return true
      }
    }
    return false
  }

  private place(placed: Placed, call: CheckedCall, at: number, after: State, latest: number): boolean {
    this.order.push(call)
    if (this.visit(placed | (1n << BigInt(at)), after, Math.max(latest, call.start))) return true
    this.order.pop()
    return false
  }

  private open(placed: Placed): readonly OpenCall[] {
    return this.calls.flatMap((call, at) => ((placed >> BigInt(at)) & 1n ? [] : [{ call, at }]))
  }
}

/** The calls that may be the next one. Those that may not have happened come last: mostly they have not. */
function candidates(open: readonly OpenCall[], latest: number): readonly OpenCall[] {
  const firstEnd = Math.min(...open.map(({ call }) => (call.isOptional ? Infinity : call.end)))
  return open
    .filter(({ call }) => call.start <= firstEnd && call.end >= latest)
    .toSorted((a, b) => Number(a.call.isOptional) - Number(b.call.isOptional))
}

/**
 * What fits, changes nothing and makes nothing come too late can be placed now: any order that explains the rest also
 * explains it here.
 */
function isHarmless({ start }: CheckedCall, open: readonly OpenCall[], latest: number): boolean {
  return !open.some(({ call: { isOptional, end } }) => isOptional && end >= latest && end < start)
}
