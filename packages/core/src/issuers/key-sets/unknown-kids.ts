import { isOver } from './is-over.js'

interface Unknown {
  readonly askedAt: number
  /** How long not to ask again, in milliseconds. */
  readonly pause: number
}

const MAX_KIDS = 1000
const PAUSE = { first: 30_000, longest: 10 * 60_000 }

/**
 * Remembers for which names the issuer was asked and had no key: the next fetch for the same name waits longer each time,
 * from 30 seconds to 10 minutes. Holds the latest 1,000 names.
 */
export class UnknownKids {
  private readonly kids = new Map<string | undefined, Unknown>()

  mayAskFor(kid: string | undefined, now: number): boolean {
    const known = this.kids.get(kid)
    return known === undefined || isOver(known.pause, known.askedAt, now)
  }

  /** A fetch just made did not bring the key. */
  note(kid: string | undefined, now: number): void {
    const known = this.kids.get(kid)
    if (known !== undefined && !isOver(known.pause, known.askedAt, now)) return
    const pause = known === undefined ? PAUSE.first : Math.min(known.pause * 2, PAUSE.longest)
    this.kids.delete(kid)
    this.kids.set(kid, { askedAt: now, pause })
    if (this.kids.size > MAX_KIDS) {
      const [oldest] = this.kids.keys()
      this.kids.delete(oldest)
    }
  }
}
