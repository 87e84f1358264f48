import type { LookUpInput, LookUpResult } from './session-store.js'

type Question = Omit<LookUpInput, 'now'>

interface Remembered {
  /** When the store was asked: its answer may be as old as that. */
  readonly at: number
  readonly answer: Promise<LookUpResult>
}

/** Answers by subject, then by session and token. */
type Half = Map<string, Map<string, Remembered>>

/** How many look-ups one half holds. */
const MAX = 10_000

/**
 * Remembers answers of the store for at most `maxStaleness` milliseconds after the store was asked. They are kept in two
 * halves, and the older half is dropped as a whole, so the memory is bounded without removing single entries.
 */
export class LookUpMemory {
  private young: Half = new Map()
  private old: Half = new Map()
  private since = 0
  private size = 0
  /** The latest time that was seen. */
  private latest = 0

  constructor(private readonly maxStaleness: number) {}

  find(question: Question, now: number): Promise<LookUpResult> | undefined {
    this.forgetIfSetBack(now)
    const key = keyOf(question)
    const known = this.young.get(question.subject)?.get(key) ?? this.old.get(question.subject)?.get(key)
    return known !== undefined && this.isFresh(known.at, now) ? known.answer : undefined
  }

  /** Remembers an answer before it arrives, so that `forget` also removes answers that are on their way. */
  keep(question: Question, now: number, answer: Promise<LookUpResult>): Promise<LookUpResult> {
    this.forgetIfSetBack(now)
    if (this.size >= MAX || !this.isFresh(this.since, now)) {
      this.old = this.young
      this.young = new Map()
      this.since = now
      this.size = 0
    }
    const ofSubject = this.young.get(question.subject) ?? new Map<string, Remembered>()
    this.young.set(question.subject, ofSubject.set(keyOf(question), { at: now, answer }))
    this.size++
    answer.catch(() => ofSubject.delete(keyOf(question)))
    return answer
  }

  /** Forgets the answers about a subject; without a subject, all answers. */
  forget(subject: string | undefined): void {
    for (const half of [this.young, this.old]) {
      if (subject === undefined) half.clear()
      else half.delete(subject)
    }
  }

  /** After the clock was set back, nobody knows how old an answer is, and it would be remembered for too long. */
  private forgetIfSetBack(now: number): void {
    if (now < this.latest) {
      this.forget(undefined)
      this.since = now
      this.size = 0
    }
    this.latest = now
  }

  private isFresh(at: number, now: number): boolean {
    return now < at + this.maxStaleness
  }
}

function keyOf({ sessionId = '', jti = '' }: Question): string {
  return `${sessionId} ${jti}`
}
