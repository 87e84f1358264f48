import type { Lookup, LookupResult } from './session-store.js'

interface Remembered {
  /** When the store was asked: what it said may be as old as that. */
  readonly at: number
  readonly answer: Promise<LookupResult>
}

type Generation = Map<string, Map<string, Remembered>>

/** How many look-ups a generation holds, of two. */
const MAX = 10_000

/**
 * What the store has said, for at most `maxStaleness` milliseconds after it was asked, in two generations: the older
 * one goes as a whole, so there is nothing to sweep.
 */
export class LookupMemory {
  private young: Generation = new Map()
  private old: Generation = new Map()
  private since = 0
  private size = 0

  constructor(private readonly maxStaleness: number) {}

  find(lookup: Lookup, now: number): Promise<LookupResult> | undefined {
    const key = keyOf(lookup)
    const known = this.young.get(lookup.subject)?.get(key) ?? this.old.get(lookup.subject)?.get(key)
    return known !== undefined && this.isFresh(known.at, now) ? known.answer : undefined
  }

  /** Remembers an answer that is still to come, so that one that is forgotten meanwhile never gets in. */
  keep(lookup: Lookup, now: number, answer: Promise<LookupResult>): Promise<LookupResult> {
    if (this.size >= MAX || !this.isFresh(this.since, now)) {
      this.old = this.young
      this.young = new Map()
      this.since = now
      this.size = 0
    }
    const remembered = { at: now, answer }
    const ofSubject = this.young.get(lookup.subject) ?? new Map<string, Remembered>()
    this.young.set(lookup.subject, ofSubject.set(keyOf(lookup), remembered))
    this.size++
    answer.catch(() => {
      if (ofSubject.get(keyOf(lookup)) === remembered) ofSubject.delete(keyOf(lookup))
    })
    return answer
  }

  /** Of everybody, without a subject. */
  forget(subject: string | undefined): void {
    for (const generation of [this.young, this.old]) {
      if (subject === undefined) generation.clear()
      else generation.delete(subject)
    }
  }

  /** A clock that went backwards makes everything stale. */
  private isFresh(at: number, now: number): boolean {
    return at <= now && now < at + this.maxStaleness
  }
}

function keyOf({ sessionId = '', jti = '' }: Lookup): string {
  return `${sessionId} ${jti}`
}
