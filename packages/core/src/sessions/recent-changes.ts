import type { SessionChange } from './store/store-client.js'

/** Milliseconds from the check of a token to the moment when its connection is watched, at most. */
const KEPT = 60_000
const MAX = 1000

/** The last changes of sessions, for connections that were checked before a change but are watched only after it. */
export class RecentChanges {
  private readonly times = new Map<string, number>()

  add({ subject, sessionId }: SessionChange, now: number): void {
    const key = keyOf(subject, sessionId)
    this.times.delete(key)
    this.times.set(key, now)
    const [oldest] = this.times.keys()
    if (this.times.size > MAX && oldest !== undefined) this.times.delete(oldest)
  }

  concerns(subject: string, sessionId: string | undefined, now: number): boolean {
    const keys = [keyOf(subject, undefined), keyOf(undefined, sessionId), keyOf(undefined, undefined)]
    return keys.some((key) => now < (this.times.get(key) ?? -Infinity) + KEPT)
  }
}

/** Without a subject and a session the change may concern anybody. */
function keyOf(subject: string | undefined, sessionId: string | undefined): string {
  return subject === undefined ? `session ${sessionId ?? ''}` : `subject ${subject}`
}
