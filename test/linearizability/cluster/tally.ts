import { checkHistory } from '../checker/check-history.js'
import { printContradiction } from '../checker/print.js'
import type { Recorder } from '../clients/recorder.js'
import { type Round, rulesOf } from './round.js'

/** What came of all rounds so far. */
export class Tally {
  histories = 0
  /** Calls whose answers are known. */
  answered = 0
  /** Each contradiction as a text for people. */
  readonly failures: string[] = []
  private unanswered = 0
  private undecided = 0
  private readonly perPlace = new Map<string, number>()
  private readonly began = performance.now()

  add(round: Round, recorders: readonly Recorder[]): void {
    const { seed, server, settings, fault } = round
    const place = `${server.name}, ${fault}`
    this.perPlace.set(place, (this.perPlace.get(place) ?? 0) + recorders.length)
    for (const { history } of recorders) {
      const answered = history.filter(({ answer }) => answer.kind !== 'unknown').length
      this.histories++
      this.answered += answered
      this.unanswered += history.length - answered
      // In Redis each change of a subject is one step, so there is one order for the whole subject.
      for (const asWhole of settings.store === 'redis' ? [false, true] : [false]) {
        const { contradictions, undecided } = checkHistory(history, rulesOf(round), { asWhole })
        this.undecided += undecided.length
        const title = `Seed ${seed}, ${place}, ${JSON.stringify(settings)}`
        this.failures.push(...contradictions.map((found) => `${title}\n${printContradiction(found)}`))
      }
    }
  }

  get seconds(): number {
    return Math.round((performance.now() - this.began) / 1000)
  }

  get summary(): string {
    const { histories, answered, unanswered, failures, undecided, seconds } = this
    return (
      `${histories} histories, ${answered + unanswered} calls, ${unanswered} of them without an answer: ` +
      `${failures.length} contradictions, ${undecided} undecided; ${seconds} s`
    )
  }

  /** How many histories there were with each fault, and all contradictions. */
  get table(): string {
    const places = [...this.perPlace].map(([place, histories]) => `  ${place}: ${histories}`).toSorted()
    return [this.summary, ...places, ...this.failures].join('\n')
  }

  get evidence(): object {
    const { histories, answered, unanswered, failures, undecided, seconds } = this
    return {
      name: 'linearizability',
      runs: histories,
      failures: failures.length,
      seconds,
      date: new Date().toISOString().slice(0, 10),
      calls: answered + unanswered,
      unanswered,
      undecided,
    }
  }
}
