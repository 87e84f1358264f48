import type { CheckedCall, History, Rules } from './history.js'
import { type Part, splitHistory, wholeHistory } from './parts.js'
import { findOrder, type Verdict } from './search.js'
import { shrink } from './shrink.js'
import { subjectModel } from './subject-model.js'

/** What no order of events explains. */
export interface Contradiction {
  readonly part: string
  /** The calls that contradict each other. */
  readonly calls: readonly CheckedCall[]
}

export interface CheckedHistory {
  readonly contradictions: readonly Contradiction[]
  /** Parts with so many calls of unknown outcome that the search gave up. */
  readonly undecided: readonly string[]
}

export interface CheckOptions {
  /** One order for the whole subject, which is more than the contract promises, instead of one for each session. */
  readonly asWhole?: boolean
}

/** Whether one order of events explains a history. */
export function checkHistory(
  history: History,
  rules: Rules,
  { asWhole = false }: CheckOptions = {},
): CheckedHistory {
  const parts = asWhole ? wholeHistory(history, rules) : splitHistory(history, rules)
  const verdicts = parts.map((part) => ({ part, verdict: verdictOn(part.calls, rules) }))
  const having = (kind: Verdict['kind']): readonly Part[] =>
    verdicts.flatMap(({ part, verdict }) => (verdict.kind === kind ? [part] : []))
  const isImpossible = (calls: readonly CheckedCall[]) => verdictOn(calls, rules).kind === 'impossible'
  return {
    contradictions: having('impossible').map(({ name, calls }) => ({
      part: name,
      calls: shrink(calls, isImpossible),
    })),
    undecided: having('undecided').map(({ name }) => name),
  }
}

function verdictOn(calls: readonly CheckedCall[], rules: Rules): Verdict {
  return findOrder(subjectModel(rules), calls)
}
